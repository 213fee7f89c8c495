import copy

from atelier.devstack.stripe import charges
from atelier.devstack.stripe.cards import Card
from atelier.devstack.stripe.errors import invalid
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.store import Store, Thing

REASONS = ("duplicate", "fraudulent", "requested_by_customer")
DESTINATION = {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"}


def create(store: Store, params: Params) -> Thing:
    """Never more than what is left of the charge."""
    charge = _charge(store, params.text("charge"), params.text("payment_intent"))
    left = charge["amount_captured"] - charge["amount_refunded"]
    amount, reason, metadata = params.integer("amount", least=1), params.choice("reason", REASONS), params.metadata()
    params.done()
    if left == 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = left if amount is None else amount
    if amount > left:
        raise invalid(f"Refund amount {amount} is greater than the unrefunded amount {left} on charge.", param="amount")
    refund = _refund(store, charge, amount, reason, metadata)
    card: Card = store.aside(charge["payment_method"])
    answer = copy.deepcopy(refund)
    if card.sends_back:
        _fail(store, charge, refund)
    return answer


def _charge(store: Store, charge: str | None, intent: str | None) -> Thing:
    if (charge is None) == (intent is None):
        raise invalid("Give either charge or payment_intent.", param="payment_intent", code="parameter_missing")
    if intent:
        charge = store.get("payment_intent", intent)["latest_charge"]
    if charge is None or not store.get("charge", charge)["paid"]:
        raise invalid("There is no successful charge to refund.", param="payment_intent")
    return store.get("charge", charge)


def _refund(store: Store, charge: Thing, amount: int, reason: str | None, metadata: dict[str, str]) -> Thing:
    fields = {
        "amount": amount,
        "balance_transaction": None,
        "charge": charge["id"],
        "currency": charge["currency"],
        "destination_details": {"card": DESTINATION, "type": "card"},
        "metadata": metadata,
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": "succeeded",
        "transfer_reversal": None,
    }
    refund = store.add("refund", fields)
    refund["balance_transaction"] = charges.book(store, refund, -amount, 0)["id"]  # Stripe keeps its fee
    charge["amount_refunded"] += amount
    charge["refunded"] = charge["amount_refunded"] == charge["amount_captured"]
    store.emit("refund.created", refund)
    store.emit("charge.refunded", charge)
    return refund


def _fail(store: Store, charge: Thing, refund: Thing) -> None:
    """The bank sends the money back: days later at Stripe, in the next moment here. Whoever asked was told that it had succeeded."""
    back = charges.book(store, refund, refund["amount"], 0, kind="refund_failure")
    refund.update(status="failed", failure_reason="lost_or_stolen_card", failure_balance_transaction=back["id"])
    charge["amount_refunded"] -= refund["amount"]
    charge["refunded"] = False
    store.emit("refund.updated", refund)
    store.emit("refund.failed", refund)
