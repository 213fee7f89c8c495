"""Licences and seats in a person's export. Licences stay when she closes her account: the studio's log and the certificates given out
count on them. Seats end with the account of whoever gave or had them, and the addresses go."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from atelier.accounts.belongings import erases, exports, facts
from atelier.accounts.models import User

from .models import Licence, Seat
from .states import SeatState


@exports("licences")
def licences(person: User) -> Iterator[dict[str, Any]]:
    rows = Licence.objects.filter(holder=person).select_related("studio", "revision__tier__offering").order_by("pk")
    for row in rows:
        dates = facts(row, "number", "state", "reason", "studio", "granted_at", "expires_at", "base_taken_at", "accepted_text", "source")
        tier = row.revision.tier
        yield {**dates, "studio_name": row.studio.name, "offering": tier.offering.name, "tier": tier.name, "terms": row.revision.terms_json}


@exports("seats")
def seats(person: User) -> Iterator[dict[str, Any]]:
    """Those that she gave, with the addresses that she wrote; those that she was offered or has."""
    rows = Seat.objects.filter(Q(licence__holder=person) | _hers(person)).select_related("licence__revision__tier__offering").order_by("pk")
    for row in rows:
        given = {"given_to": row.email} if row.licence.holder_id == person.pk else {"given_by": row.licence.holder.public_id}
        dates = facts(row, "licence", "state", "expires_at", "taken_at", "ended_at")
        yield {**dates, "offering": row.licence.revision.tier.offering.name, **given}


@erases
def unseat(person: User) -> None:
    Seat.objects.filter(licence__holder=person, state=SeatState.TAKEN).update(state=SeatState.ENDED, ended_at=Now())
    Seat.objects.filter(person=person, state=SeatState.TAKEN).update(state=SeatState.LEFT, ended_at=Now())
    offers = Seat.objects.filter(Q(licence__holder=person) | Q(email__iexact=person.email), state=SeatState.OFFERED)
    offers.update(state=SeatState.WITHDRAWN, ended_at=Now())
    Seat.objects.filter(Q(licence__holder=person) | _hers(person)).update(email="")


def _hers(person: User) -> Q:
    return Q(person=person) | Q(email__iexact=person.email)
