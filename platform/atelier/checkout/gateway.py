"""The only place that talks to the payment provider. Frozen values in and out; no rows.

Every outgoing POST carries an idempotency key that begins with what the caller has stored. Refused("payment_unavailable", 503) means:
ask again. Anything else that the provider objects to is a bug of ours, and crashes.
"""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from typing import Any

import stripe
from django.conf import settings

from atelier.kit.refused import Refused

# Pinned: an upgrade of the SDK must not change what events and objects look like.
API_VERSION = "2026-10-28.endive"
TIMEOUT_SECONDS = (3.05, 15)
PAGE = 100


@dataclass(frozen=True)
class Purchase:
    """What the hosted page is asked for. Retried with the same key and the same fields the same page comes; a name or an address that
    changed between two tries leads to another page."""

    key: str
    order: str
    amount: int
    currency: str
    name: str
    email: str
    language: str
    until: datetime
    success_url: str
    cancel_url: str


@dataclass(frozen=True)
class Page:
    session: str
    url: str


@dataclass(frozen=True)
class Payment:
    """What the provider knows of one payment page now. Amounts in minor units, currency in capitals."""

    session: str
    order: str
    amount: int
    currency: str
    livemode: bool
    paid: bool
    expired: bool
    payment_intent: str | None = None
    received: int | None = None
    fee: int | None = None
    refunded: int = 0


@dataclass(frozen=True)
class Returned:
    """A refund in the provider's books."""

    id: str
    payment_intent: str
    amount: int


class RefundRefused(Exception):
    """The provider will not make this refund; the sentence is the provider's."""


def livemode() -> bool:
    return "_live_" in settings.STRIPE_API_KEY


def open_page(purchase: Purchase) -> Page:
    """The hosted payment page of the order; the same purchase gives the same page."""
    metadata = {"order": purchase.order}
    product = {"currency": purchase.currency.lower(), "unit_amount": purchase.amount, "product_data": {"name": purchase.name}}
    params: Any = {
        "mode": "payment",
        "line_items": [{"price_data": product, "quantity": 1}],
        "client_reference_id": purchase.order,
        "metadata": metadata,
        "payment_intent_data": {"metadata": metadata},
        "customer_email": purchase.email,
        "locale": purchase.language,
        "expires_at": int(purchase.until.timestamp()),
        "success_url": purchase.success_url,
        "cancel_url": purchase.cancel_url,
    }
    with _errors_named():
        session = _client().v1.checkout.sessions.create(params, {"idempotency_key": _key(purchase)})
    return Page(session.id, session.url or "")


def _key(purchase: Purchase) -> str:
    """The provider refuses a key that comes back with other fields."""
    fields = json.dumps(asdict(purchase), default=str, sort_keys=True)
    return f"{purchase.key}:{hashlib.sha256(fields.encode()).hexdigest()[:16]}"


def payment(session: str) -> Payment:
    """The payment of this page as the provider has it now, with what was refunded of it."""
    expand: Any = {"expand": ["payment_intent.latest_charge.balance_transaction"]}
    with _errors_named():
        return _payment(_client().v1.checkout.sessions.retrieve(session, expand).to_dict())


def refund(*, key: str, payment_intent: str, amount: int, order: str) -> str:
    """Asks for a refund and returns its id. Raises RefundRefused when the provider will not."""
    params: Any = {"payment_intent": payment_intent, "amount": amount, "metadata": {"order": order}}
    try:
        with _errors_named():
            return _client().v1.refunds.create(params, {"idempotency_key": key}).id
    except stripe.InvalidRequestError as error:
        raise RefundRefused(error.user_message or str(error)) from error


def events(since: datetime) -> Iterator[str]:
    """The bodies of all events since then, as webhooks would have carried them."""
    with _errors_named():
        for event in _client().v1.events.list(_since(since)).auto_paging_iter():
            yield json.dumps(event.to_dict())


def paid_pages(since: datetime) -> Iterator[Payment]:
    """The paid pages that were opened since then."""
    with _errors_named():
        params = {**_since(since), "expand": ["data.payment_intent.latest_charge.balance_transaction"]}
        for session in _client().v1.checkout.sessions.list(params).auto_paging_iter():
            if session.payment_status == "paid":
                yield _payment(session.to_dict())


def refunds(since: datetime) -> Iterator[Returned]:
    """The successful refunds made since then."""
    with _errors_named():
        for row in _client().v1.refunds.list(_since(since)).auto_paging_iter():
            if row.status == "succeeded":
                yield Returned(row.id, str(row.payment_intent), row.amount)


def _since(moment: datetime) -> Any:
    return {"created": {"gte": int(moment.timestamp())}, "limit": PAGE}


def _payment(session: dict[str, Any]) -> Payment:
    """From a Checkout Session with its payment down to the balance transaction expanded."""
    intent = session["payment_intent"] or {}
    charge = intent.get("latest_charge") or {}
    booked = charge.get("balance_transaction") or {}
    return Payment(
        session=session["id"],
        order=(session["metadata"] or {}).get("order", ""),
        amount=session["amount_total"],
        currency=session["currency"].upper(),
        livemode=session["livemode"],
        paid=session["payment_status"] == "paid",
        expired=session["status"] == "expired",
        payment_intent=intent.get("id"),
        received=intent.get("amount_received"),
        fee=booked.get("fee"),
        refunded=charge.get("amount_refunded", 0),
    )


@cache
def _client_for(key: str, base: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        key,
        stripe_version=API_VERSION,
        base_addresses={"api": base} if base else None,
        max_network_retries=1,
        http_client=stripe.RequestsClient(timeout=TIMEOUT_SECONDS),
    )


def _client() -> stripe.StripeClient:
    return _client_for(settings.STRIPE_API_KEY, settings.STRIPE_API_BASE)


@contextmanager
def _errors_named() -> Iterator[None]:
    try:
        yield
    except (stripe.APIConnectionError, stripe.RateLimitError, stripe.APIError) as error:
        raise Refused(
            "payment_unavailable", "The payment provider does not answer. Nothing was charged; try again in a moment.", status=503
        ) from error
