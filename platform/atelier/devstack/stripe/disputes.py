"""Disputes: the buyer's bank takes a payment back until it has decided. Stripe's two test evidences decide at once."""

import time

from atelier.devstack.stripe import charges
from atelier.devstack.stripe.errors import invalid
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.store import Store, Thing

COST = 1500
DAYS_TO_ANSWER = 14
OPEN = ("needs_response", "under_review")
# What this evidence leads to; any other waits for the bank.
DECIDED = {"winning_evidence": "won", "losing_evidence": "lost"}


def begin(store: Store, charge: Thing) -> Thing:
    card = charge["payment_method_details"]["card"]["brand"]
    fields = {
        "amount": charge["amount"],
        "balance_transactions": [],
        "charge": charge["id"],
        "currency": charge["currency"],
        "enhanced_eligibility_types": [],
        "evidence": {"enhanced_evidence": {}, "uncategorized_text": None},
        "evidence_details": {
            "due_by": int(time.time()) + DAYS_TO_ANSWER * 24 * 3600,
            "enhanced_eligibility": {},
            "has_evidence": False,
            "past_due": False,
            "submission_count": 0,
        },
        "is_charge_refundable": False,
        "metadata": {},
        "payment_intent": charge["payment_intent"],
        "payment_method_details": {
            "card": {"brand": card, "case_type": "chargeback", "network": card, "network_reason_code": "10.4"},
            "type": "card",
        },
        "reason": "fraudulent",
        "status": "needs_response",
    }
    dispute = store.add("dispute", fields)
    charge["disputed"] = True
    store.emit("charge.dispute.created", dispute)
    _book(store, dispute, -dispute["amount"], COST)
    store.emit("charge.dispute.funds_withdrawn", dispute)
    return dispute


def update(store: Store, identifier: str, params: Params) -> Thing:
    dispute = _open(store, identifier)
    evidence, submit, metadata = params.object("evidence"), params.flag("submit", True), params.metadata()
    text = evidence.text("uncategorized_text") if evidence else None
    params.done()
    dispute["metadata"] = {**dispute["metadata"], **metadata}
    if text:
        dispute["evidence"]["uncategorized_text"] = text
        dispute["evidence_details"]["has_evidence"] = True
    if submit and text:
        dispute["evidence_details"]["submission_count"] += 1
        dispute["status"] = "under_review"
    store.emit("charge.dispute.updated", dispute)
    return _decide(store, dispute, DECIDED[text]) if submit and text in DECIDED else dispute


def close(store: Store, identifier: str, params: Params) -> Thing:
    """Accepting it is losing it."""
    params.done()
    return _decide(store, _open(store, identifier), "lost")


def _open(store: Store, identifier: str) -> Thing:
    dispute = store.get("dispute", identifier)
    if dispute["status"] not in OPEN:
        raise invalid(f"This dispute is {dispute['status']}.", code="dispute_closed")
    return dispute


def _decide(store: Store, dispute: Thing, end: str) -> Thing:
    dispute["status"] = end
    if end == "won":
        _book(store, dispute, dispute["amount"], 0)
        store.emit("charge.dispute.funds_reinstated", dispute)
    store.emit("charge.dispute.closed", dispute)
    return dispute


def _book(store: Store, dispute: Thing, amount: int, cost: int) -> None:
    line = charges.book(store, dispute, amount, cost, kind="adjustment", category="dispute")
    dispute["balance_transactions"] = [*dispute["balance_transactions"], line]
