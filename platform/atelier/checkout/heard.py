"""What the provider's events have told us of a payment, all of them together: whatever the order in which they came, it is the same."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import messages
from .models import PaymentEvent
from .states import DisputeState

# An inquiry takes no money away; it is no dispute yet.
DISPUTE_STEPS = {"warning_needs_response": 0, "warning_under_review": 0, "needs_response": 1, "under_review": 2}
DISPUTE_ENDS = {"warning_closed": "", "prevented": "", "won": "won", "lost": "lost"}
REFUND_EVENTS = ("refund.failed", "refund.updated", "charge.refund.updated")
REFUND_FAILED = ("failed", "canceled")


@dataclass(frozen=True)
class Disputes:
    """Where all disputes about a payment stand together. `lost` in minor units, and `fees`: by dispute, what the provider keeps for it."""

    open: bool = False
    won: bool = False
    lost: int = 0
    fees: Mapping[str, int] = field(default_factory=dict)

    @property
    def standing(self) -> DisputeState | None:
        if self.lost:
            return DisputeState.LOST
        return DisputeState.OPEN if self.open else DisputeState.WON if self.won else None


def failed_refunds(payment_intent: str) -> set[str]:
    """The provider's ids of refunds that an event says have failed: for good, whatever came before or after."""
    rows = PaymentEvent.objects.filter(payment_intent=payment_intent, type__in=REFUND_EVENTS) if payment_intent else []
    things = [messages.understand(row.body).thing for row in rows]
    return {str(thing["id"]) for thing in things if thing.get("status") in REFUND_FAILED}


def disputes_of(payment_intent: str) -> Disputes:
    """All disputes about this payment, each at the furthest status that any event gave it, whatever the order in which they came."""
    furthest: dict[str, tuple[int, str, int]] = {}
    booked: dict[str, list[int]] = {}
    rows = PaymentEvent.objects.filter(payment_intent=payment_intent, type__startswith="charge.dispute.") if payment_intent else []
    for row in rows:
        thing = messages.understand(row.body).thing
        status = str(thing.get("status"))
        step = (9 if status in DISPUTE_ENDS else DISPUTE_STEPS.get(status, 1), DISPUTE_ENDS.get(status, ""), int(thing.get("amount") or 0))
        furthest[str(thing["id"])] = max(step, furthest.get(str(thing["id"]), step))
        fees = [int(line.get("fee") or 0) for line in thing.get("balance_transactions") or []]
        booked[str(thing["id"])] = max(fees, booked.get(str(thing["id"]), fees), key=len)  # lines are added, and never taken away
    return Disputes(
        open=any(1 <= step < 9 for step, _, _ in furthest.values()),
        won=any(end == "won" for _, end, _ in furthest.values()),
        lost=sum(amount for _, end, amount in furthest.values() if end == "lost"),
        fees={dispute: sum(fees) for dispute, fees in booked.items()},
    )
