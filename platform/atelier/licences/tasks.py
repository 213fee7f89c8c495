"""Mails about licences, and the list of those that were taken back, on queue io."""

from celery import shared_task

from atelier.kit import outbox
from atelier.kit.tickets import ticket

from . import mails, revocations
from .models import Licence, Seat
from .states import SeatState


@outbox.handles("licences.tell_granted")
def tell_granted(licence: str) -> None:
    """Tells the holder. Run twice it would tell her twice, which harms nobody."""
    row = Licence.objects.select_related("holder", "revision__tier__offering").get(pk=licence)
    mails.tell(row.holder, "licences/granted.txt", licence=row, tier=row.revision.tier)


@outbox.handles("licences.publish_revocations")
def publish_revocations() -> None:
    revocations.publish()


@shared_task(name="licences.renew_revocations")
def renew_revocations() -> None:
    """Beat's: also finds what a lost message left out, for it compares with the rows."""
    revocations.publish()


@outbox.handles("licences.tell_offered")
def tell_offered(seat: str) -> None:
    """Nothing is sent for an offer that was withdrawn meanwhile."""
    row = _seat(seat)
    if row.state == SeatState.OFFERED:
        shown = {"seat": row, "ticket": ticket(row), "holder": row.licence.holder, "tier": row.licence.revision.tier}
        mails.write(row.email, row.language, "licences/seat_offered.txt", **shown)


@outbox.handles("licences.tell_taken")
def tell_taken(seat: str) -> None:
    row = _seat(seat)
    mails.tell(row.licence.holder, "licences/seat_taken.txt", seat=row, licence=row.licence, tier=row.licence.revision.tier)


@outbox.handles("licences.tell_ended")
def tell_ended(seat: str) -> None:
    """Tells the other one: her whose seat was taken back, or the holder when she left. Nobody whose account is closed."""
    row = _seat(seat)
    person = row.licence.holder if row.state == SeatState.LEFT else row.person
    if person and person.is_active:
        mails.tell(person, "licences/seat_ended.txt", seat=row, left=row.state == SeatState.LEFT, tier=row.licence.revision.tier)


def _seat(pk: str) -> Seat:
    return Seat.objects.select_related("person", "licence__holder", "licence__revision__tier__offering").get(pk=pk)
