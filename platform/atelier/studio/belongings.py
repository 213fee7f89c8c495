"""Invitations to and from a person, in her export. Those to her address go with her account."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q

from atelier.accounts.belongings import erases, exports, facts
from atelier.accounts.models import User

from .models import Invitation


@exports("invitations")
def invitations(person: User) -> Iterator[dict[str, Any]]:
    rows = Invitation.objects.filter(Q(by=person) | Q(email__iexact=person.email)).select_related("studio").order_by("pk")
    for row in rows:
        to = {"email": row.email} if row.email.casefold() == person.email.casefold() else {}
        yield {**facts(row, "studio", "role", "state", "expires_at"), "studio_name": row.studio.name, **to}


@erases
def uninvite(person: User) -> None:
    Invitation.objects.filter(email__iexact=person.email).delete()
