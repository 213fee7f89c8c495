"""Mails to a person, in her language. The first line of a template is the subject."""

from email.utils import parseaddr

from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils.translation import override

from atelier.accounts.models import User


def contact() -> str:
    """The address that people write to."""
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


def tell(person: User, template: str, **shown: object) -> None:
    with override("fr" if person.language.startswith("fr") else "en"):
        subject, _, text = render_to_string(template, {"site": settings.PUBLIC_URL, **shown}).partition("\n")
    send_mail(subject.strip(), text.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [person.email])
