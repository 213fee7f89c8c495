"""The members of a studio as its pages list them."""

from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from django.db.models import Exists, OuterRef, QuerySet

from atelier.accounts.access import STUDIO_READERS, STUDIO_WRITERS
from atelier.accounts.actions import may_give
from atelier.accounts.models import Membership, Role, Studio
from atelier.kit.ids import not_found
from atelier.licences.queries import database_now

from .models import Invitation
from .states import InvitationState

# What is done in the room, and who may do it, as its pages explain it (the words are in members.html).
MAY: tuple[tuple[str, tuple[Role, ...]], ...] = (
    ("read", STUDIO_READERS),
    ("export", STUDIO_READERS),
    ("offer", STUDIO_WRITERS),
    ("licences", STUDIO_WRITERS),
    ("auditors", may_give(Role.AUDITOR)),
    ("members", may_give(Role.OWNER)),
)


@dataclass(frozen=True)
class Allowed:
    what: str
    roles: tuple[bool, ...]


def rights() -> list[Allowed]:
    return [Allowed(what, tuple(role in allowed for role in Role)) for what, allowed in MAY]


def members(studio: Studio) -> QuerySet[Membership]:
    """Each with `two_step`: whether she signs in with a second step."""
    rows = Membership.objects.filter(studio=studio).select_related("user", "studio")
    return rows.annotate(two_step=_second_step()).order_by("created_at")


def lacking(studio: Studio) -> int:
    """How many members sign in with a password alone."""
    return Membership.objects.filter(~_second_step(), studio=studio).count()


def _second_step() -> Exists:
    return Exists(Authenticator.objects.filter(user=OuterRef("user")).exclude(type=Authenticator.Type.RECOVERY_CODES))


def find(studio: Studio, public_id: str) -> Membership:
    row = members(studio).filter(pk=Membership.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


def invitations(studio: Studio) -> QuerySet[Invitation]:
    """Those that still can be accepted."""
    rows = Invitation.objects.filter(studio=studio, state=InvitationState.OPEN, expires_at__gt=database_now())
    return rows.select_related("by", "studio").order_by("-created_at")


def find_invitation(studio: Studio, public_id: str) -> Invitation:
    row = Invitation.objects.select_related("studio").filter(studio=studio, pk=Invitation.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row
