"""What buyers read of their orders, and whether one can be given back."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet, Sum

from atelier.accounts.access import acts_as_staff
from atelier.accounts.models import User
from atelier.audit.models import Entry
from atelier.catalog.models import Tier
from atelier.kit.refused import Refused
from atelier.licences import payments
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, untouched
from atelier.licences.states import LicenceState

from .heard import disputes_of
from .models import Order
from .states import OrderState, RefundState

REFUND_WINDOW = timedelta(days=14)
SHOWN = ("revision__tier__offering__version__base__studio", "buyer", "licence")


def orders(buyer: User) -> QuerySet[Order]:
    """Her own, newest first."""
    return Order.objects.filter(buyer=buyer).select_related(*SHOWN).prefetch_related("refunds").order_by("-created_at")


def held(buyer: User, tier: Tier) -> Licence | None:
    """The newest licence of this tier that she holds and that is not over."""
    mine = Licence.objects.filter(holder=buyer, revision__tier=tier).exclude(state=LicenceState.REVOKED)
    return mine.filter(Q(expires_at=None) | Q(expires_at__gt=database_now())).order_by("-granted_at").first()


def past(order: Order) -> QuerySet[Entry]:
    """What has happened to the order, oldest first, as the log tells it."""
    return Entry.objects.filter(subject=order.public_id).order_by("id")


def until(order: Order) -> datetime | None:
    """The end of the time in which the buyer herself may give it back."""
    return None if order.paid_at is None else order.paid_at + REFUND_WINDOW


def promised(order: Order) -> int:
    """What was paid back, or will be. The provider's own cap holds besides."""
    ours = dict(order.refunds.values_list("state").annotate(total=Sum("amount")))
    return min(order.amount, ours.get(RefundState.ASKED, 0) + max(ours.get(RefundState.SENT, 0), order.refunded))


@payments.tells
def in_question(licence: Licence) -> bool:
    """Whether a bank questions what was paid for it, or all of it is on its way back."""
    order = Order.objects.filter(licence=licence).first()
    return order is not None and (disputes_of(order.payment_intent or "").open or promised(order) >= order.amount)


def check_refundable(order: Order, by: User, amount: int | None = None) -> None:
    """Raises Refused unless money of this order can be asked back by this person: the buyer all of it, staff any part."""
    if order.state != OrderState.PAID or order.licence is None:
        raise Refused("not_refundable", "Only a paid order can be refunded; this one is %(state)s.", state=str(order.state))
    if acts_as_staff(by):
        return
    end = until(order)
    if end is None or database_now() > end:
        raise Refused(
            "refund_window_over", "An order can be given back within %(days)s days. Write to us instead.", days=REFUND_WINDOW.days
        )
    if amount is not None and amount != order.amount:
        raise Refused("refund_whole_only", "You can give back the whole order. Leave out the amount.", status=422)
    if not untouched(order.licence):
        raise Refused("licence_used", "The licence has been used: training seconds are held or spent, or the base model was downloaded.")


def why_not_refundable(order: Order, by: User) -> Refused | None:
    """For a button that is not there: the refusal it would meet."""
    try:
        check_refundable(order, by)
    except Refused as refusal:
        return refusal
    return None
