"""Stripe's test cards, as far as this stand-in plays them."""

from dataclasses import dataclass

from atelier.devstack.stripe.errors import invalid
from atelier.devstack.stripe.store import Store, Thing


@dataclass(frozen=True)
class Card:
    last4: str
    brand: str = "visa"
    decline: str | None = None  # the decline code it always answers
    asks: bool = False  # for 3D Secure, once
    disputed: bool = False  # by its owner, as soon as it has paid
    sends_back: bool = False  # refunds: they succeed, and fail afterwards


CARDS = {
    "pm_card_visa": Card("4242"),
    "pm_card_mastercard": Card("4444", brand="mastercard"),
    "pm_card_chargeDeclined": Card("0002", decline="generic_decline"),
    "pm_card_visa_chargeDeclined": Card("0002", decline="generic_decline"),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card("9995", decline="insufficient_funds"),
    "pm_card_chargeDeclinedInsufficientFunds": Card("9995", decline="insufficient_funds"),
    "pm_card_chargeCustomerFail": Card("0341", decline="generic_decline"),
    "pm_card_threeDSecure2Required": Card("3220", asks=True),
    "pm_card_threeDSecureRequired": Card("3063", asks=True),
    "pm_card_authenticationRequired": Card("3184", asks=True),
    "pm_card_createDispute": Card("0259", disputed=True),
    "pm_card_refundFail": Card("5126", sends_back=True),
}
NO_ADDRESS = {"city": None, "country": None, "line1": None, "line2": None, "postal_code": None, "state": None}


def attach(store: Store, name: str, *, email: str | None = None) -> Thing:
    """A payment method from one of Stripe's pm_card_… names, or the one that already has this id."""
    if name not in CARDS:
        found = store.find(name)
        if found is None or found["object"] != "payment_method":
            raise invalid(f"No such PaymentMethod: '{name}'", param="payment_method", code="resource_missing")
        return found
    card = CARDS[name]
    shape = {
        "brand": card.brand,
        "checks": {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": "pass"},
        "country": "US",
        "display_brand": card.brand,
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": f"fp{card.brand}{card.last4}",
        "funding": "credit",
        "generated_from": None,
        "last4": card.last4,
        "networks": {"available": [card.brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }
    fields = {
        "allow_redisplay": "unspecified",
        "billing_details": {"address": NO_ADDRESS, "email": email, "name": None, "phone": None, "tax_id": None},
        "card": shape,
        "customer": None,
        "metadata": {},
        "type": "card",
    }
    method = store.add("payment_method", fields)
    store.keep_aside(method["id"], card)
    return method
