"""Where an order stands, as its buyer is told: one word for each page that she can find."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property

from atelier.kit.refused import Refused
from atelier.licences.queries import database_now
from licensing.money import Money

from .actions import SAME_ORDER_WITHIN
from .models import Order, Refund
from .queries import why_not_refundable
from .states import DisputeState, OrderState, RefundState

# The provider's message comes within seconds. After this long the page says that it is late, and after the second it stops asking.
LATE, GIVEN_UP = timedelta(minutes=2), timedelta(minutes=20)


class Phase(StrEnum):
    UNOPENED = "unopened"  # the provider has not given us a payment page yet
    WAITING = "waiting"
    CONFIRMING = "confirming"  # she came back from the payment page, and its message has not
    LATE = "late"
    CLOSED = "closed"  # the payment page is over, and the provider has said nothing
    EXPIRED = "expired"
    MISMATCH = "mismatch"
    PAID = "paid"
    DISPUTED = "disputed"
    GIVING_BACK = "giving_back"
    REFUNDED = "refunded"
    LOST = "lost"


FOLLOWED = {Phase.WAITING, Phase.CONFIRMING, Phase.LATE, Phase.GIVING_BACK}


@dataclass(frozen=True)
class Standing:
    """`mark` changes whenever there is something new to show; `came_back` is when she returned from the payment page."""

    order: Order
    phase: Phase
    now: datetime
    came_back: datetime | None
    refund: Refund | None
    failed_refund: Refund | None

    @cached_property
    def no_refund(self) -> Refused | None:
        """Why the buyer cannot give it back herself."""
        return why_not_refundable(self.order, self.order.buyer)

    @property
    def mark(self) -> str:
        licence = self.order.licence
        return f"{self.phase}-{licence.state if licence else ''}-{self.order.refunded}-{bool(self.failed_refund)}"

    @property
    def followed(self) -> bool:
        """Whether the page looks again by itself."""
        since = self.came_back or self.order.created_at
        fresh = self.phase != Phase.LATE or self.now < since + GIVEN_UP
        return self.phase in FOLLOWED and fresh

    @property
    def payable(self) -> bool:
        return self.phase in (Phase.UNOPENED, Phase.WAITING)

    @property
    def over(self) -> bool:
        """Without a licence, and it will not come: the tier can be bought again."""
        return self.phase in (Phase.CLOSED, Phase.EXPIRED, Phase.REFUNDED, Phase.LOST)

    @property
    def refunded(self) -> Money:
        return Money(self.order.refunded, self.order.currency)

    @property
    def refund_amount(self) -> Money | None:
        return Money(self.refund.amount, self.order.currency) if self.refund else None

    @property
    def invoiced(self) -> bool:
        return self.order.paid_at is not None


def standing(order: Order, came_back: datetime | None = None) -> Standing:
    now = database_now()
    asked = sorted(order.refunds.all(), key=lambda refund: refund.created_at)
    refund = next((row for row in reversed(asked) if row.state != RefundState.FAILED), None)
    return Standing(
        order=order,
        phase=_phase(order, now, came_back, refund),
        now=now,
        came_back=came_back,
        refund=refund,
        failed_refund=asked[-1] if asked and refund is None else None,
    )


def _phase(order: Order, now: datetime, came_back: datetime | None, refund: Refund | None) -> Phase:
    if order.state == OrderState.OPEN:
        return _open(order, now, came_back)
    if order.state != OrderState.PAID or order.licence is None:
        return Phase(order.state)
    if order.dispute == DisputeState.OPEN:
        return Phase.DISPUTED
    if refund and order.refunded < refund.amount:
        return Phase.GIVING_BACK
    return Phase.PAID


def _open(order: Order, now: datetime, came_back: datetime | None) -> Phase:
    if came_back:
        return Phase.CONFIRMING if now < came_back + LATE else Phase.LATE
    if order.session is None:
        return Phase.UNOPENED if now < order.created_at + SAME_ORDER_WITHIN else Phase.CLOSED
    return Phase.WAITING if now < order.pay_until else Phase.CLOSED
