"""Where a licence stands, and a seat of it. Expiry is a date, not a state: the judge compares it."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class LicenceState(TextChoices):
    ACTIVE = "active"
    SUSPENDED = "suspended", "on hold, for example while a payment is disputed"
    REVOKED = "revoked"


LICENCE = Machine.of(
    LicenceState,
    {
        LicenceState.ACTIVE: {LicenceState.SUSPENDED, LicenceState.REVOKED},
        LicenceState.SUSPENDED: {LicenceState.ACTIVE, LicenceState.REVOKED},
    },
)


class SeatState(TextChoices):
    OFFERED = "offered", "waiting for an answer"
    TAKEN = "taken"
    WITHDRAWN = "withdrawn", "offered no longer"
    ENDED = "ended", "taken back"
    LEFT = "left", "given up by whoever had it"


SEAT = Machine.of(
    SeatState,
    {
        SeatState.OFFERED: {SeatState.TAKEN, SeatState.WITHDRAWN},
        SeatState.TAKEN: {SeatState.ENDED, SeatState.LEFT},
    },
)
LIVE = (SeatState.OFFERED, SeatState.TAKEN)
