"""Mails to a person, in her language. The first line of a template is the subject."""

from email.utils import parseaddr

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import override

from atelier.accounts.models import User
from atelier.kit import mail


def contact() -> str:
    """The address that people write to."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def tell(person: User, template: str, **shown: object) -> None:
    write(person.email, person.language, template, **shown)


def write(email: str, language: str, template: str, **shown: object) -> None:
    """To an address, whether or not it has an account."""
    with override("fr" if language.startswith("fr") else "en"):
        subject, _, text = render_to_string(template, {"site": settings.PUBLIC_URL, **shown}).partition("\n")
    mail.send(email, subject, text.strip() + "\n")
