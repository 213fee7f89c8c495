"""The one door: rows that a person may see. A stranger's row and no row at all are the same answer, 404."""

from typing import Protocol, TypeVar

from allauth.mfa.models import Authenticator
from django.db.models import Exists, Model, Q, QuerySet
from django.urls import reverse

from atelier.kit.ids import not_found
from atelier.kit.models import Row
from atelier.kit.refused import Refused

from .models import Membership, Role, Studio, User

STUDIO_READERS = (Role.OWNER, Role.ADMIN, Role.AUDITOR)
STUDIO_WRITERS = (Role.OWNER, Role.ADMIN)


class Guarded(Protocol):
    """A model that says which of its rows a person may see."""

    @classmethod
    def visible_to(cls, person: User) -> Q: ...


M = TypeVar("M", bound=Model)
R = TypeVar("R", bound=Row)


def visible(model: type[M], person: User) -> QuerySet[M]:
    return model._default_manager.filter(model.visible_to(person)).distinct()  # type: ignore[attr-defined]


def find(model: type[R], public_id: str, person: User) -> R:
    """The row by its public id, or Refused("not_found", 404) if it is not hers to see."""
    row = visible(model, person).filter(pk=model.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


def studios(person: User, roles: tuple[Role, ...] = STUDIO_READERS) -> QuerySet[Membership]:
    """For use as `studio__in=…`: ids of the studios in which the person holds one of the roles, and whose two-step sign-in she has."""
    enters = Q(studio__two_step_required=False) | Exists(_second_steps(person))
    return Membership.objects.filter(enters, user=person, role__in=roles).values("studio")  # type: ignore[return-value]


def studio(public_id: str, person: User, roles: tuple[Role, ...] = STUDIO_READERS) -> Studio:
    """The studio, for a member. Non-members: 404. Members without the role: Refused("role_too_low", 403)."""
    row = Studio.objects.filter(pk=Studio.parse_id(public_id), memberships__user=person).first()
    if row is None:
        raise not_found()
    require_role(row, person, roles)
    return row


def require_role(row: Studio, person: User, roles: tuple[Role, ...]) -> None:
    """Also Refused("two_step_needed", 403), with `where` to switch it on, for members who sign in with a password alone."""
    if not Membership.objects.filter(studio=row, user=person, role__in=roles).exists():
        if roles == (Role.OWNER,):
            raise Refused("role_too_low", "Only an owner of the studio may do this.", status=403)
        raise Refused("role_too_low", "Only an owner or an admin of the studio may do this.", status=403)
    if row.two_step_required and not has_two_step(person):
        raise two_step_needed()


def has_two_step(person: User) -> bool:
    """Whether she signs in with a second step (or a passkey, which is both)."""
    return _second_steps(person).exists()


def acts_as_staff(person: User) -> bool:
    """Whether she may what only our staff may: with a password alone she is anybody."""
    return person.is_staff and has_two_step(person)


def _second_steps(person: User) -> QuerySet[Authenticator]:
    return Authenticator.objects.filter(user=person).exclude(type=Authenticator.Type.RECOVERY_CODES)


def two_step_needed() -> Refused:
    return Refused(
        "two_step_needed",
        "This studio asks its people for two-step sign-in. Switch it on in your account, then come back.",
        status=403,
        where=reverse("two-step"),
    )
