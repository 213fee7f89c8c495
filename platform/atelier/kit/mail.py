"""Mails as we send them: plain text, under a subject of one line whatever names stand in it."""

from django.conf import settings
from django.core.mail import send_mail


def send(address: str, subject: str, text: str) -> None:
    """The names in a subject were typed by others: a line break there would be a header of its own, so the mail would be refused."""
    send_mail(" ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [address])


def masked(email: str) -> str:
    """Enough of the address for its owner to know it."""
    name, _, house = email.partition("@")
    return f"{name[:1]}…@{house}"
