"""Where allauth asks us: mails in the reader's own language, her language at sign-up, and what a passkey dialog calls her."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils import translation

from .models import User


def known(language: str | None) -> str:
    return language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE


def display(user: User) -> str:
    """As she is greeted: by name, or by address. Her opaque id says nothing to her."""
    return user.name or user.email


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """In the language that whoever has this address chose; of an address that nobody has, in that of the page."""
        reader = context.get("user") or User.objects.filter(email__iexact=email).first()
        language = known(reader.language if reader else translation.get_language())
        with translation.override(language):
            super().send_mail(template_prefix, email, {"public_url": settings.PUBLIC_URL, **context})

    def save_user(self, request: HttpRequest, user: User, form: Any, commit: bool = True) -> User:
        user.language = known(translation.get_language())
        saved: User = super().save_user(request, user, form, commit)
        return saved


class MfaAdapter(DefaultMFAAdapter):
    def _get_site_name(self) -> str:
        return "Atelier"
