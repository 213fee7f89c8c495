"""The hourly comparison of the payment provider's books with ours."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet, Sum

from atelier.kit import outbox
from atelier.ledger.models import Account, Kind, Posting, Side
from atelier.licences.queries import database_now

from . import actions, gateway, messages
from .heard import disputes_of
from .models import Order, PaymentEvent, Reconciliation, Refund
from .states import ORDER, OrderState, RefundState

OVERLAP = timedelta(hours=1)
# The provider lists events of the last thirty days.
FIRST_LOOK = timedelta(days=30)
# Until then the outbox is still trying by itself.
PATIENCE = timedelta(minutes=5)
# The provider keeps idempotency keys for a day.
KEYS_LIVE = timedelta(hours=23)

Difference = dict[str, Any]


def reconcile() -> list[Difference]:
    """Feeds events that no webhook brought to the inbox, then lists every payment and refund that the ledger tells otherwise.

    What an event that still waits to be folded will explain is no difference yet.
    """
    until = database_now()
    last = Reconciliation.objects.order_by("-created_at").first()
    since = (last.until - OVERLAP) if last else until - FIRST_LOOK
    bodies = list(gateway.events(since))
    fed = sum(_feed(body) for body in bodies)
    _push(until)
    differences = [difference for difference in _differences(since) if not _waiting(difference, until)]
    differences += [{"order": refund.order.public_id, "what": "a refund that was never sent"} for refund in _unsent(until)]
    Reconciliation.objects.create(since=since, until=until, events=len(bodies), fed=fed, differences=differences)
    return differences


def _feed(body: str) -> bool:
    known = PaymentEvent.objects.filter(event=messages.understand(body).id).exists()
    return not known and actions.receive(text=body)


@transaction.atomic
def _push(now: datetime) -> None:
    """Takes up again what an outage of the provider outlasted: events not folded, refunds not sent, pages never opened."""
    for event in PaymentEvent.objects.filter(folding=None, received_at__lt=now - PATIENCE).values_list("pk", flat=True):
        outbox.post("checkout.fold", event=event)
    for refund in Refund.objects.filter(state=RefundState.ASKED, created_at__range=(now - KEYS_LIVE, now - PATIENCE)):
        outbox.post("checkout.send_refund", refund=str(refund.pk))
    for order in Order.objects.filter(state=OrderState.OPEN, session=None, pay_until__lt=now - PATIENCE):
        ORDER.move(order, OrderState.EXPIRED)
        actions.note(order, "order.expired", None)


def _unsent(now: datetime) -> QuerySet[Refund]:
    """Refunds too old to be sent again: the provider has forgotten the key, so a second call might pay twice. A person looks."""
    return Refund.objects.filter(state=RefundState.ASKED, created_at__lt=now - KEYS_LIVE).select_related("order")


def _differences(since: datetime) -> Iterator[Difference]:
    paid = {payment.session: payment for payment in gateway.paid_pages(since)}
    for payment in paid.values():
        yield from _compare(payment)
    for order in Order.objects.filter(paid_at__gte=since + OVERLAP, licence__isnull=False):
        if order.session not in paid and order.created_at >= since:
            yield {"order": order.public_id, "what": "a sale that the provider does not know", "ours": order.amount, "theirs": 0}
    seen = {payment.payment_intent for payment in paid.values()}
    for intent in {row.payment_intent for row in gateway.refunds(since)} - seen:
        older = Order.objects.filter(payment_intent=intent).first()
        if older is not None and older.session:
            yield from _compare(gateway.payment(older.session))


def _compare(payment: gateway.Payment) -> Iterator[Difference]:
    order = Order.objects.filter(session=payment.session).first()
    lost = disputes_of(payment.payment_intent or "").lost
    books = {
        "sale": (_posted(order, Side.DEBIT), payment.amount),
        "paid back": (_posted(order, Side.CREDIT), min(payment.amount, payment.refunded + lost)),
    }
    for what, (ours, theirs) in books.items():
        if ours != theirs:
            yield {
                "order": order.public_id if order else payment.order,
                "page": payment.session,
                "payment": payment.payment_intent,
                "what": what,
                "ours": ours,
                "theirs": theirs,
            }


def _posted(order: Order | None, side: Side) -> int:
    """What the ledger says went through the provider for this order, in (debit) or out (credit)."""
    if order is None:
        return 0
    account = Account.objects.filter(kind=Kind.PAYMENTS, unit=order.currency)
    postings = Posting.objects.filter(account__in=account, side=side, transaction__subject=order.public_id)
    kind = "sale" if side == Side.DEBIT else "return"
    total: int = postings.filter(transaction__kind=kind).aggregate(total=Sum("amount"))["total"] or 0
    return total


def _waiting(difference: Difference, now: datetime) -> bool:
    """Whether an event about it waits to be folded, and not for so long that something must be wrong. A dispute's names no order."""
    about = Q(order=difference["order"])
    if payment := difference.get("payment"):
        about |= Q(payment_intent=payment)
    return PaymentEvent.objects.filter(about, folding=None, received_at__gt=now - 2 * OVERLAP).exists()
