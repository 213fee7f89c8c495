"""Orders in a buyer's export. They stay when she closes her account: bookkeeping has to keep them, under her opaque id."""

import json
from collections.abc import Iterator
from typing import Any

from django.db.models import Q
from django.db.models.functions import Now

from atelier.accounts.belongings import exports, facts, keeps_open
from atelier.accounts.models import User
from atelier.kit.refused import Refused

from .models import Order, PaymentEvent
from .states import OrderState


@exports("orders")
def orders(person: User) -> Iterator[dict[str, Any]]:
    paid = ("amount", "currency", "state", "dispute", "problem", "paid_at", "fee", "refunded", "returned", "payment_intent", "session")
    for row in Order.objects.filter(buyer=person).select_related("licence", "revision__tier__offering").order_by("pk"):
        refunds = [facts(refund, "amount", "reason", "state") for refund in row.refunds.order_by("pk")]
        what = {"offering": row.revision.tier.offering.name, "tier": row.revision.tier.name, "refunds": refunds}
        yield {**facts(row, "licence", "language", "accepted_text", "pay_until", *paid), **what}


@exports("payment_messages")
def payment_messages(person: User) -> Iterator[dict[str, Any]]:
    """What the payment provider told us about her payments, word by word."""
    hers = list(Order.objects.filter(buyer=person))
    named = Q(order__in=[row.public_id for row in hers])
    named |= Q(payment_intent__in=[row.payment_intent for row in hers if row.payment_intent])
    for row in PaymentEvent.objects.filter(named):
        yield {**facts(row, "event", "type", "at"), "body": json.loads(row.body)}


@keeps_open
def payment_page(person: User) -> Iterator[Refused]:
    if Order.objects.filter(buyer=person, state=OrderState.OPEN, pay_until__gt=Now()).exists():
        yield Refused("payment_open", "A payment page of yours is still open. Pay, or wait until it closes, within the day.")
