"""Where a licence stands. Expiry is a date, not a state: the judge compares it."""

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
