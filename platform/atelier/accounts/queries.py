"""What a person's account page shows of her, and which mail reaches whom."""

from dataclasses import dataclass

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db.models import QuerySet
from django.db.models.functions import Now

from .models import ApiToken, Membership, Role, Studio, User


def live_tokens(person: User) -> QuerySet[ApiToken]:
    """Those that still work, newest first."""
    return ApiToken.objects.filter(user=person, revoked_at=None, expires_at__gt=Now()).order_by("-created_at")


def owners(studio: Studio) -> QuerySet[User]:
    """Whom a mail to the studio reaches."""
    return User.objects.filter(memberships__studio=studio, memberships__role=Role.OWNER, is_active=True)


def has_address(person: User, email: str) -> bool:
    """Whether what was sent there is hers: it is the address of her account, or another that she has confirmed. Asked of whoever holds the
    link of such a mail, which has shown that she reads it."""
    confirmed = EmailAddress.objects.filter(user=person, email__iexact=email, verified=True)
    return person.email.casefold() == email.casefold() or confirmed.exists()


@dataclass(frozen=True)
class Guards:
    """How an account is protected."""

    app: bool
    passkeys: int
    recovery_codes: int
    sessions: int
    tokens: int
    studios: tuple[Membership, ...]

    @property
    def two_step(self) -> bool:
        return self.app or self.passkeys > 0

    @property
    def lacks_two_step(self) -> bool:
        """Whether a studio of hers stays shut until it is switched on."""
        return not self.two_step and any(member.studio.two_step_required for member in self.studios)

    @classmethod
    def of(cls, person: User) -> "Guards":
        kinds = [(row.type, row) for row in Authenticator.objects.filter(user=person)]
        codes = next((row for kind, row in kinds if kind == Authenticator.Type.RECOVERY_CODES), None)
        return cls(
            app=any(kind == Authenticator.Type.TOTP for kind, _ in kinds),
            passkeys=sum(kind == Authenticator.Type.WEBAUTHN for kind, _ in kinds),
            recovery_codes=len(codes.wrap().get_unused_codes()) if codes else 0,
            sessions=len(UserSession.objects.purge_and_list(person)),
            tokens=live_tokens(person).count(),
            studios=tuple(Membership.objects.filter(user=person).select_related("studio").order_by("studio__name")),
        )
