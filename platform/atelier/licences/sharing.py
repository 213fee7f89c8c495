"""A licence is shared: its holder offers a seat to an address, whoever reads its mail takes it, and it ends in one of three ways."""

from datetime import timedelta

from django.db import transaction

from atelier.accounts.models import User
from atelier.accounts.queries import has_address
from atelier.kit import outbox, tickets
from atelier.kit.refused import Refused
from licensing.judge import Action

from . import seats
from .actions import locked, note
from .models import Licence, Seat
from .queries import database_now, permit
from .states import SEAT, SeatState

OFFER_LIVES = timedelta(days=7)


@transaction.atomic
def offer(*, licence: Licence, by: User, email: str, language: str) -> Seat:
    """Writes to the address; the answer is the same whether or not it has an account. The offer keeps a seat while it stands."""
    row = locked(licence)
    if row.holder_id != by.pk:
        raise Refused("holder_only", "Only the holder of the licence can give its seats.", status=403)
    if email.casefold() == by.email.casefold():
        raise Refused("own_seat", "You hold this licence: you need no seat of it.", status=422, field="email")
    _forget_expired(row)
    if seats.live(row).filter(email__iexact=email).exists():
        raise Refused("already_offered", "This address has a seat, or an offer of one. Take that back to send another.")
    permit(row, Action.INVITE, by)
    seat = Seat.objects.create(licence=row, email=email, language=language, expires_at=database_now() + OFFER_LIVES)
    # The address stays out of the log: people appear there by opaque id, and this one may have none yet.
    note(row, "seat.offer", seat.public_id, by.pk)
    outbox.post("licences.tell_offered", seat=str(seat.pk))
    return seat


@transaction.atomic
def take(*, seat: Seat, by: User) -> Seat:
    """Seats her. For the person whose address it was offered to, while the licence stands."""
    locked(seat.licence)
    row = Seat.objects.select_for_update(of=("self",)).select_related("licence__holder").get(pk=seat.pk)
    require_open(row)
    if not has_address(by, row.email):
        raise Refused("other_address", "This seat was offered to another address. Sign in with the account of that address.", status=403)
    if seats.may_use(row.licence, by):
        raise Refused("already_seated", "You may use this licence already.")
    # Her seat is the one that the offer kept.
    permit(row.licence, Action.INVITE, row.licence.holder, seats_taken=seats.gone(row.licence) - 1)
    SEAT.move(row, SeatState.TAKEN, person=by, taken_at=database_now())
    note(row.licence, "seat.take", row.public_id, by.pk)
    outbox.post("licences.tell_taken", seat=str(row.pk))
    return row


@transaction.atomic
def end(*, seat: Seat, by: User) -> Seat:
    """Withdraws the offer, takes the seat back, or gives it up: by whoever gave it, the studio, and whoever has it.

    What she has at work stops at its next heartbeat, behind a checkpoint, as the judge has it for whoever has no seat.
    """
    row = Seat.objects.select_for_update(of=("self",)).select_related("licence__revision__tier__offering", "person").get(pk=seat.pk)
    if not seats.may_end(row, by):
        raise Refused("role_too_low", "Only the holder, whoever has the seat, or an owner or admin of the studio may end it.", status=403)
    leaves = row.person_id == by.pk
    to = SeatState.WITHDRAWN if row.state == SeatState.OFFERED else SeatState.LEFT if leaves else SeatState.ENDED
    SEAT.move(row, to, ended_at=database_now())
    had = {"person": row.person.public_id} if row.person else {}
    note(row.licence, f"seat.{VERBS[to]}", row.public_id, by.pk, **had)
    if to != SeatState.WITHDRAWN:
        outbox.post("licences.tell_ended", seat=str(row.pk))
    return row


VERBS: dict[str, str] = {SeatState.WITHDRAWN: "withdraw", SeatState.LEFT: "leave", SeatState.ENDED: "end"}


def require_open(seat: Seat) -> None:
    """Raises Refused, 410, saying what became of it."""
    if seat.state == SeatState.WITHDRAWN:
        raise Refused("offer_withdrawn", "This seat is offered no longer. Ask whoever offered it.", status=410)
    if seat.state != SeatState.OFFERED:
        raise Refused("offer_used", "This seat has been taken already; a link opens once.", status=410)
    if database_now() >= seat.expires_at:
        raise Refused("offer_expired", "This offer has run out. Ask the holder of the licence for a new one.", status=410)


def of_ticket(text: str) -> Seat:
    """The seat of a link, whatever became of it."""
    return tickets.find(Seat.objects.select_related("licence__holder", "licence__studio", "licence__revision__tier__offering"), text)


def _forget_expired(licence: Licence) -> None:
    """Offers that ran out make room for new ones."""
    Seat.objects.filter(licence=licence, state=SeatState.OFFERED, expires_at__lte=database_now()).update(state=SeatState.WITHDRAWN)
