"""Seats of a licence as they are asked for: who has one, how many are gone, and who may take one back."""

from django.db.models import Q, QuerySet
from django.db.models.functions import Now

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.models import Membership, User
from atelier.kit.refused import Refused

from .models import Licence, Seat
from .states import SeatState


def may_use(licence: Licence, person: User) -> bool:
    """Whether she holds it or has a seat of it."""
    return licence.holder_id == person.pk or Licence.objects.filter(Licence.usable_by(person), pk=licence.pk).exists()


def live(licence: Licence) -> QuerySet[Seat]:
    """Taken, or offered and not run out."""
    return Seat.objects.filter(Q(state=SeatState.TAKEN) | Q(state=SeatState.OFFERED, expires_at__gt=Now()), licence=licence)


def gone(licence: Licence) -> int:
    """The holder's own, those taken, and those on offer."""
    return 1 + live(licence).count() if licence.terms.seats > 1 else 1


def may_end(seat: Seat, person: User) -> bool:
    """Whoever gave it, whoever has it, and those who act for the studio."""
    acts = Membership.objects.filter(studio=seat.licence.studio_id, user=person, role__in=STUDIO_WRITERS)
    return person.pk in (seat.licence.holder_id, seat.person_id) or acts.exists()


def require_use(licence: Licence, person: User) -> None:
    """Its studio sees the licence, and trains nothing under it."""
    if not may_use(licence, person):
        raise Refused("holder_only", "Only the holder of the licence, and whoever has a seat of it, can train under it.", status=403)
