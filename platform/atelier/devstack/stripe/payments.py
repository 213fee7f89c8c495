"""PaymentIntents: how one is made, tried, answered by the bank, and given up."""

import secrets
from dataclasses import dataclass

from atelier.devstack.stripe import cards, charges, disputes
from atelier.devstack.stripe.cards import Card
from atelier.devstack.stripe.errors import StripeError, invalid
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.store import Store, Thing

LEAST_AMOUNT = 50
CARD_OPTIONS = {"installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"}
CANCELLABLE = ("requires_payment_method", "requires_confirmation", "requires_action")


@dataclass(frozen=True)
class Wanted:
    """What a PaymentIntent is made from, be it by the API or by a Checkout Session."""

    amount: int
    currency: str
    customer: str | None = None
    description: str | None = None
    metadata: dict[str, str] | None = None
    receipt_email: str | None = None
    transfer_group: str | None = None
    return_url: str | None = None


def create(store: Store, params: Params, base: str) -> Thing:
    wanted = Wanted(
        amount=params.needed_integer("amount", least=1),
        currency=params.currency(),
        customer=params.text("customer"),
        description=params.text("description"),
        metadata=params.metadata(),
        receipt_email=params.text("receipt_email"),
        transfer_group=params.text("transfer_group"),
        return_url=params.text("return_url"),
    )
    params.choice("capture_method", ("automatic", "automatic_async"))
    params.texts("payment_method_types")
    params.recorded("automatic_payment_methods")
    method, confirm_now, off_session = params.text("payment_method"), params.flag("confirm", False), params.flag("off_session", False)
    params.done()
    if wanted.customer:
        store.get("customer", wanted.customer)
    intent = open_intent(store, wanted)
    if method:
        choose(store, intent, method)
    if confirm_now:
        attempt(store, intent, base, off_session=bool(off_session))
    return intent


def open_intent(store: Store, wanted: Wanted) -> Thing:
    if wanted.amount < LEAST_AMOUNT:
        raise invalid(f"The amount must be at least {LEAST_AMOUNT} minor units.", param="amount", code="amount_too_small")
    fields = {
        "amount": wanted.amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": None,
        "application_fee_amount": None,
        "automatic_payment_methods": None,
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": "automatic_async",
        "confirmation_method": "automatic",
        "currency": wanted.currency,
        "customer": wanted.customer,
        "description": wanted.description,
        "last_payment_error": None,
        "latest_charge": None,
        "metadata": wanted.metadata or {},
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_options": {"card": CARD_OPTIONS},
        "payment_method_types": ["card"],
        "processing": None,
        "receipt_email": wanted.receipt_email,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": wanted.transfer_group,
    }
    intent = store.add("payment_intent", fields)
    intent["client_secret"] = f"{intent['id']}_secret_{secrets.token_hex(12)}"
    store.keep_aside(intent["id"], {"return_url": wanted.return_url})
    store.emit("payment_intent.created", intent)
    return intent


def choose(store: Store, intent: Thing, method: str) -> None:
    intent["payment_method"] = cards.attach(store, method)["id"]
    intent["status"] = "requires_confirmation"


def update(store: Store, identifier: str, params: Params) -> Thing:
    intent = store.get("payment_intent", identifier)
    description, metadata = params.text("description", intent["description"]), params.metadata()
    params.done()
    intent["description"], intent["metadata"] = description, {**intent["metadata"], **metadata}
    return intent


def confirm(store: Store, identifier: str, params: Params, base: str) -> Thing:
    intent = store.get("payment_intent", identifier)
    method, return_url, off_session = params.text("payment_method"), params.text("return_url"), params.flag("off_session", False)
    params.done()
    if intent["status"] not in ("requires_payment_method", "requires_confirmation"):
        raise _unexpected(intent)
    if method:
        choose(store, intent, method)
    if return_url:
        store.keep_aside(intent["id"], {"return_url": return_url})
    return attempt(store, intent, base, off_session=bool(off_session))


def cancel(store: Store, identifier: str, params: Params) -> Thing:
    intent = store.get("payment_intent", identifier)
    reason = params.choice("cancellation_reason", ("abandoned", "duplicate", "fraudulent", "requested_by_customer"))
    params.done()
    if intent["status"] not in CANCELLABLE:
        raise _unexpected(intent)
    intent.update(status="canceled", cancellation_reason=reason, next_action=None, canceled_at=intent["created"])
    store.emit("payment_intent.canceled", intent)
    return intent


def attempt(store: Store, intent: Thing, base: str, *, off_session: bool = False) -> Thing:
    """Try the chosen card: succeeded, or requires_action, or StripeError 402."""
    if intent["payment_method"] is None:
        raise invalid("A payment method is needed to confirm this PaymentIntent.", param="payment_method", code="parameter_missing")
    card: Card = store.aside(intent["payment_method"])
    if card.decline:
        raise decline(store, intent, card.decline)
    if card.asks and off_session:
        raise decline(store, intent, "authentication_required")
    if card.asks:
        return ask(store, intent, base)
    return succeed(store, intent)


def ask(store: Store, intent: Thing, base: str) -> Thing:
    """Send the buyer to her bank's page."""
    back = store.aside(intent["id"])["return_url"]
    redirect = {"return_url": back, "url": f"{base}/3ds/{intent['id']}"}
    intent.update(status="requires_action", next_action={"type": "redirect_to_url", "redirect_to_url": redirect})
    store.emit("payment_intent.requires_action", intent)
    return intent


def succeed(store: Store, intent: Thing) -> Thing:
    charge = charges.add(store, intent, failure=None)
    intent.update(
        status="succeeded", amount_received=intent["amount"], latest_charge=charge["id"], next_action=None, last_payment_error=None
    )
    store.emit("charge.succeeded", charge)
    store.emit("payment_intent.succeeded", intent)
    # With automatic_async capture, Stripe knows the fee only a moment later, and says so with an event of its own.
    charge["balance_transaction"] = charges.book(store, charge, charge["amount"], charges.fee(charge["amount"]))["id"]
    store.emit("charge.updated", charge)
    card: Card = store.aside(intent["payment_method"])
    if card.disputed:
        disputes.begin(store, charge)
    return intent


def decline(store: Store, intent: Thing, why: str) -> StripeError:
    """Record the failed attempt; the caller raises or shows what is returned."""
    code = why if why == "authentication_required" else "card_declined"
    charge = charges.add(store, intent, failure=why)
    method = store.get("payment_method", intent["payment_method"])
    problem = {"code": code, "decline_code": why, "message": "The card was declined.", "type": "card_error"}
    error = {**problem, "charge": charge["id"], "payment_method": dict(method)}
    intent.update(
        status="requires_payment_method", latest_charge=charge["id"], payment_method=None, next_action=None, last_payment_error=error
    )
    store.emit("charge.failed", charge)
    store.emit("payment_intent.payment_failed", intent)
    return StripeError(
        402, "card_error", problem["message"], settled=True, code=code, decline_code=why, charge=charge["id"], payment_intent=dict(intent)
    )


def answer_bank(store: Store, intent: Thing, *, recognised: bool) -> Thing:
    if intent["status"] != "requires_action":
        raise _unexpected(intent)
    if recognised:
        return succeed(store, intent)
    return _fail_authentication(store, intent)


def _fail_authentication(store: Store, intent: Thing) -> Thing:
    method = store.get("payment_method", intent["payment_method"])
    error = {
        "code": "payment_intent_authentication_failure",
        "message": "The buyer's bank did not recognise the buyer.",
        "payment_method": dict(method),
        "type": "invalid_request_error",
    }
    _start_over(intent, error)
    store.emit("payment_intent.payment_failed", intent)
    return intent


def _start_over(intent: Thing, error: Thing) -> None:
    intent.update(status="requires_payment_method", payment_method=None, next_action=None, last_payment_error=error)


def _unexpected(intent: Thing) -> StripeError:
    return invalid(f"This PaymentIntent is {intent['status']}.", code="payment_intent_unexpected_state")
