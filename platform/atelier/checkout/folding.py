"""What the payment provider's events do to an order.

An event only says "look again": under the order's row lock the payment is fetched anew, and the order is moved to where the facts put it.
What of disputes and refunds only events tell is read from all of them together (heard.py). So the order of events does not matter.
"""

from datetime import timedelta

from django.db import transaction

from atelier.kit import outbox
from atelier.licences import actions as licences
from atelier.licences.queries import database_now

from . import books, gateway
from .actions import fail_refund, note
from .heard import Disputes, disputes_of, failed_refunds
from .models import Folding, Order, PaymentEvent
from .queries import promised
from .states import ORDER, DisputeState, OrderState, RefundState

# When the provider does not know its fee yet, and its event about it gets lost.
LOOK_AGAIN = timedelta(minutes=1)
DISPUTE_DEEDS = {DisputeState.OPEN: "order.disputed", DisputeState.WON: "order.dispute_won", DisputeState.LOST: "order.dispute_lost"}


@transaction.atomic
def fold(*, event: int) -> None:
    """Makes of an event what follows from it, once."""
    row = PaymentEvent.objects.select_for_update().get(pk=event)
    if Folding.objects.filter(event=row).exists():
        return
    order = _order_of(row)
    if order is None:
        Folding.objects.create(event=row, note="about no order of ours")
        return
    foreign = _foreign(order, row)
    if foreign:
        note(order, "order.foreign_payment", None, event=row.event, problem=foreign)
    else:
        if order.session is None and row.session:
            Order.objects.filter(pk=order.pk, session=None).update(session=row.session)
        follow(order=order)
    Folding.objects.create(event=row, order=order, note=foreign)


def _order_of(row: PaymentEvent) -> Order | None:
    for found in (
        Order.objects.filter(pk=Order.parse_id(row.order)) if row.order else None,
        Order.objects.filter(session=row.session) if row.session else None,
        Order.objects.filter(payment_intent=row.payment_intent) if row.payment_intent else None,
    ):
        if found is not None and (order := found.first()):
            return order
    return None


def _foreign(order: Order, row: PaymentEvent) -> str:
    """Why this event, although it names our order, is not about our order's payment."""
    if row.session and order.session and row.session != order.session:
        return "another payment page names this order"
    if row.payment_intent and order.payment_intent and row.payment_intent != order.payment_intent:
        return "another payment names this order"
    return ""


@transaction.atomic
def follow(*, order: Order) -> None:
    """Moves the order to where the provider's facts put it now."""
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.session is None or order.state == OrderState.MISMATCH:
        return
    apply(order, gateway.payment(order.session))


def apply(order: Order, payment: gateway.Payment) -> None:
    """The order's row must be locked, and `payment` fetched under that lock: a later look then has later facts."""
    wrong = mismatch(order, payment)
    if wrong:
        _put_aside(order, wrong)
        return
    if payment.paid and order.licence is None:
        _pay(order, payment)
    elif payment.expired and order.state == OrderState.OPEN:
        ORDER.move(order, OrderState.EXPIRED)
        note(order, "order.expired", None)
    if order.licence is not None:
        _after_payment(order, payment)


def mismatch(order: Order, payment: gateway.Payment) -> str:
    """The first fact that is not as ordered, or nothing."""
    received = payment.received if payment.paid else payment.amount
    expected = {
        "amount": (order.amount, payment.amount),
        "amount received": (order.amount, received),
        "currency": (order.currency, payment.currency),
        "mode": (gateway.livemode(), payment.livemode),
        "order": (order.public_id, payment.order),
        "page": (order.session, payment.session),
    }
    for name, (ours, theirs) in expected.items():
        if ours != theirs:
            return f"{name}: ordered {ours}, paid {theirs}"
    return ""


def _put_aside(order: Order, wrong: str) -> None:
    if order.licence is None:
        ORDER.move(order, OrderState.MISMATCH, problem=wrong)
    note(order, "order.mismatch", None, problem=wrong)


def _pay(order: Order, payment: gateway.Payment) -> None:
    licence = licences.grant(holder=order.buyer, revision=order.revision, source=order.public_id, accepted_text=order.accepted_text)
    ORDER.move(order, OrderState.PAID, paid_at=database_now(), payment_intent=payment.payment_intent, licence=licence)
    note(order, "order.paid", None, price=order.price.to_dict())


def _after_payment(order: Order, payment: gateway.Payment) -> None:
    disputes = disputes_of(payment.payment_intent or "")
    if order.fee is None and payment.fee is None:
        outbox.post("checkout.follow", after=LOOK_AGAIN, order=str(order.id))
    elif order.fee is None:
        order.fee = payment.fee
        order.save(update_fields=["fee"])
        books.post_sale(order)
    _follow_refunds(order, payment.refunded)
    _follow_dispute(order, disputes.standing)
    books.post_returns(order, disputes.lost)
    books.post_dispute_fees(order, disputes.fees)
    _stand(order, disputes)


def _follow_refunds(order: Order, refunded: int) -> None:
    """What a bank has sent back is still owed to the buyer: the ledger keeps it as returned, and a person pays it in another way."""
    for refund in order.refunds.filter(state=RefundState.SENT, stripe_refund__in=failed_refunds(order.payment_intent or "")):
        fail_refund(refund=refund, problem="The buyer's bank sent the money back.")
    if order.refunded != refunded:
        more = refunded > order.refunded
        order.refunded = refunded
        order.save(update_fields=["refunded"])
        note(order, "order.refunded", None, refunded=refunded, of=order.amount)
        if more:
            outbox.post("checkout.tell_refunded", order=str(order.id))


def _follow_dispute(order: Order, standing: DisputeState | None) -> None:
    """Each turn is noted and told once: it is kept with the order."""
    if standing and order.dispute != standing:
        order.dispute = standing
        order.save(update_fields=["dispute"])
        note(order, DISPUTE_DEEDS[standing], None)
        outbox.post("checkout.tell_dispute", order=str(order.id), standing=str(standing))


def _stand(order: Order, disputes: Disputes) -> None:
    """Where order and licence stand, from all facts together."""
    if order.licence is None:
        raise RuntimeError(f"{order} has no licence")
    if order.refunded >= order.amount:
        _end(order, OrderState.REFUNDED)
        licences.stand(licence=order.licence, revoked=licences.REFUNDED)
    elif disputes.lost:
        _end(order, OrderState.LOST)
        licences.stand(licence=order.licence, revoked=licences.DISPUTE_LOST)
    elif disputes.open:
        licences.stand(licence=order.licence, suspended=licences.DISPUTED)
    elif promised(order) >= order.amount:
        licences.stand(licence=order.licence, suspended=licences.REFUND_ASKED)
    else:
        licences.stand(licence=order.licence)


def _end(order: Order, state: OrderState) -> None:
    if order.state != state:
        ORDER.move(order, state)
