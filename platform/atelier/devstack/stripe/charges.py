"""Charges, and the lines they leave in the account's balance."""

from atelier.devstack.stripe.store import Store, Thing

SHOWN = ("brand", "checks", "country", "exp_month", "exp_year", "fingerprint", "funding", "last4")


def fee(amount: int) -> int:
    """1.5 % + 25 minor units: Stripe's published European card rate, rounded half up. Real fees vary by card and country."""
    return (amount * 15 + 500) // 1000 + 25


def book(store: Store, subject: Thing, amount: int, cost: int, *, kind: str = "", category: str = "") -> Thing:
    """A line in the account's balance, in the subject's own currency (no conversion is played)."""
    kind, currency = kind or subject["object"], subject["currency"]
    details = {"amount": cost, "application": None, "currency": currency, "description": "processing fee", "type": "stripe_fee"}
    fields = {
        "amount": amount,
        "available_on": subject["created"],
        "balance_type": "payments",
        "currency": currency,
        "description": None,
        "exchange_rate": None,
        "fee": cost,
        "fee_details": [details] if cost else [],
        "net": amount - cost,
        "reporting_category": category or kind,
        "source": subject["id"],
        "status": "available",
        "type": kind,
    }
    return store.add("balance_transaction", fields)


def add(store: Store, intent: Thing, *, failure: str | None) -> Thing:
    method = store.get("payment_method", intent["payment_method"])
    card = {name: method["card"][name] for name in SHOWN}
    paid = failure is None
    outcome = {
        "advice_code": None if paid else "try_again_later",
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "approved_by_network" if paid else "declined_by_network",
        "reason": failure,
        "risk_level": "normal",
        "risk_score": 10,
        "seller_message": None,
        "type": "authorized" if paid else "issuer_declined",
    }
    fields = {
        "amount": intent["amount"],
        "amount_captured": intent["amount"] if paid else 0,
        "amount_refunded": 0,
        "application": None,
        "application_fee": None,
        "application_fee_amount": None,
        "balance_transaction": None,
        "billing_details": method["billing_details"],
        "calculated_statement_descriptor": "ATELIER",
        "captured": paid,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_balance_transaction": None,
        "failure_code": None if paid else "card_declined",
        "failure_message": None if paid else "The card was declined.",
        "fraud_details": {},
        "metadata": dict(intent["metadata"]),
        "on_behalf_of": None,
        "outcome": outcome,
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": {**card, "network": card["brand"], "wallet": None}, "type": "card"},
        "receipt_email": intent["receipt_email"],
        "receipt_number": None,
        "receipt_url": None,
        "refunded": False,
        "review": None,
        "shipping": None,
        "source_transfer": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "succeeded" if paid else "failed",
        "transfer_data": None,
        "transfer_group": intent["transfer_group"],
    }
    return store.add("charge", fields)
