"""Closing an account: what names a person goes, what the books need stays under her opaque id."""

from collections.abc import Iterator

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models.functions import Now

from atelier.audit.actions import forget, record
from atelier.kit.refused import Refused

from . import belongings
from .models import Membership, Role, Studio, User


@transaction.atomic
def close(*, user: User) -> None:
    """For good. Raises the first of `belongings.reasons` while there is one. Whoever calls signs her out afterwards."""
    row = User.objects.select_for_update().get(pk=user.pk)  # what is begun meanwhile waits for us: its rows point here
    # And two owners of a studio come one after the other: neither may take the other for the one who stays.
    list(Studio.objects.select_for_update(no_key=True, of=("self",)).filter(memberships__user=row).order_by("pk"))
    for refused in belongings.reasons(row):
        raise refused
    for erase in belongings.ERASERS:
        erase(row)
    _forget(row)
    forget(person=row.id)
    record(action="account.close", subject=row.public_id, studio=None, actor=row.id)


def _forget(row: User) -> None:
    """The address is free again for whoever signs up with it, herself included."""
    row.email, row.name = f"{row.id.hex}@closed.invalid", ""
    row.is_active = row.is_staff = row.is_superuser = False
    row.set_unusable_password()
    row.last_login = None
    row.save()
    User.objects.filter(pk=row.pk).update(closed_at=Now())


@belongings.keeps_open
def last_owner(person: User) -> Iterator[Refused]:
    for member in Membership.objects.filter(user=person, role=Role.OWNER).select_related("studio").order_by("studio__name"):
        others = Membership.objects.filter(studio=member.studio, role=Role.OWNER, user__is_active=True).exclude(user=person)
        if not others.exists():
            yield Refused(
                "last_owner",
                "You are the only owner of %(studio)s. Make another member its owner first, or close the studio.",
                studio=member.studio.name,
            )


@belongings.erases
def ways_in(person: User) -> None:
    for session in UserSession.objects.filter(user=person):
        session.end()
    person.api_tokens.all().delete()
    Authenticator.objects.filter(user=person).delete()
    EmailAddress.objects.filter(user=person).delete()


@belongings.erases
def memberships(person: User) -> None:
    for member in person.memberships.all():
        record(action="studio.remove_member", subject=member.public_id, studio=member.studio_id, actor=person.id, member=str(person.id))
        member.delete()
