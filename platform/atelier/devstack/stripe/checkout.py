"""Checkout Sessions for one-off payments, as the API and the hosted page act on them."""

import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from atelier.devstack.stripe import cards, catalogue, payments
from atelier.devstack.stripe.errors import invalid
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.payments import Wanted
from atelier.devstack.stripe.store import Store, Thing

DAY = 24 * 3600
PLACEHOLDER = "{CHECKOUT_SESSION_ID}"


@dataclass(frozen=True)
class Behind:
    """What a session knows and does not show."""

    lines: list[Thing]
    wanted: Wanted


def create(store: Store, params: Params, base: str) -> Thing:
    params.choice("mode", ("payment",)) or params.required("mode")
    params.choice("ui_mode", ("hosted_page", "hosted"))
    customer, email = params.text("customer"), params.text("customer_email")
    if customer and email:
        raise invalid("Give customer or customer_email, not both.", param="customer_email")
    if customer:
        store.get("customer", customer)
    lines = _lines(store, params)
    shown = _shown(params, customer, email)
    wanted = _wanted(params, lines, customer, email)
    params.done()
    total = {"amount_subtotal": wanted.amount, "amount_total": wanted.amount, "currency": wanted.currency}
    session = store.add("checkout.session", {**shown, **total})
    session["url"] = f"{base}/c/pay/{session['id']}"
    store.keep_aside(session["id"], Behind(lines, wanted))
    return session


def _lines(store: Store, params: Params) -> list[Thing]:
    items = params.objects("line_items")
    if not items:
        raise invalid("At least one line item is needed.", param="line_items", code="parameter_missing")
    lines = [_line(store, item, index) for index, item in enumerate(items)]
    if len({line["currency"] for line in lines}) > 1:
        raise invalid("All line items must have the same currency.", param="line_items")
    return lines


def _line(store: Store, item: Params, index: int) -> Thing:
    quantity = item.needed_integer("quantity", least=1, most=999_999)
    price = catalogue.price_of_line(store, item)
    total = price["unit_amount"] * quantity
    return {
        "id": f"li_{index}_{price['id']}",
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": price["currency"],
        "description": store.get("product", price["product"])["name"],
        "metadata": {},
        "price": price,
        "quantity": quantity,
    }


def _wanted(params: Params, lines: list[Thing], customer: str | None, email: str | None) -> Wanted:
    data = params.object("payment_intent_data") or Params({})
    amount = sum(line["amount_total"] for line in lines)
    if amount < payments.LEAST_AMOUNT:
        raise invalid(f"The total must be at least {payments.LEAST_AMOUNT} minor units.", code="amount_too_small")
    return Wanted(
        amount=amount,
        currency=lines[0]["currency"],
        customer=customer,
        description=data.text("description"),
        metadata=data.metadata(),
        receipt_email=data.text("receipt_email") or email,
        transfer_group=data.text("transfer_group"),
    )


def _shown(params: Params, customer: str | None, email: str | None) -> Thing:
    success_url, cancel_url = _address(params.required("success_url"), "success_url"), params.text("cancel_url")
    params.texts("payment_method_types")
    return {
        "adaptive_pricing": {"enabled": False},
        "after_expiration": None,
        "allow_promotion_codes": None,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "billing_address_collection": params.choice("billing_address_collection", ("auto", "required")),
        "cancel_url": _address(cancel_url, "cancel_url") if cancel_url else None,
        "client_reference_id": params.text("client_reference_id"),
        "client_secret": None,
        "collected_information": None,
        "consent": None,
        "consent_collection": None,
        "currency_conversion": None,
        "custom_fields": [],
        "custom_text": {"after_submit": None, "shipping_address": None, "submit": None, "terms_of_service_acceptance": None},
        "customer": customer,
        "customer_creation": params.choice("customer_creation", ("if_required",), None if customer else "if_required"),
        "customer_details": _details(email) if email else None,
        "customer_email": email,
        "discounts": [],
        "expires_at": _expiry(params),
        "invoice": None,
        "invoice_creation": {
            "enabled": False,
            "invoice_data": {
                "account_tax_ids": None,
                "custom_fields": None,
                "description": None,
                "footer": None,
                "issuer": None,
                "metadata": {},
                "rendering_options": None,
            },
        },
        "locale": params.text("locale"),
        "metadata": params.metadata(),
        "mode": "payment",
        "origin_context": None,
        "payment_intent": None,
        "payment_link": None,
        "payment_method_collection": "if_required",
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": ["card"],
        "payment_status": "unpaid",
        "permissions": None,
        "phone_number_collection": {"enabled": False},
        "recovered_from": None,
        "saved_payment_method_options": None,
        "setup_intent": None,
        "shipping_address_collection": None,
        "shipping_cost": None,
        "shipping_options": [],
        "status": "open",
        "submit_type": params.choice("submit_type", ("auto", "book", "donate", "pay")),
        "subscription": None,
        "success_url": success_url,
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "wallet_options": None,
    }


def _details(email: str | None) -> Thing:
    unknown = ("address", "business_name", "individual_name", "name", "phone")
    return {**dict.fromkeys(unknown), "email": email, "tax_exempt": "none", "tax_ids": None}


def _address(url: str, name: str) -> str:
    if urlsplit(url).scheme not in ("http", "https"):
        raise invalid(f"Not a valid URL: {url}", param=name, code="url_invalid")
    return url


def _expiry(params: Params) -> int:
    now = int(time.time())
    at = params.integer("expires_at", most=2**40)
    if at is not None and not now + 30 * 60 - 5 <= at <= now + DAY + 5:
        raise invalid("expires_at must be between 30 minutes and 24 hours from now.", param="expires_at")
    return at or now + DAY


def lines(store: Store, identifier: str) -> list[Thing]:
    store.get("checkout.session", identifier)
    behind: Behind = store.aside(identifier)
    return behind.lines


def expire(store: Store, identifier: str, params: Params) -> Thing:
    params.done()
    session = store.get("checkout.session", identifier)
    if session["status"] != "open":
        raise invalid(f"Only an open session can expire; this one is {session['status']}.", code="checkout_session_not_open")
    return _expire(store, session)


def _expire(store: Store, session: Thing) -> Thing:
    session.update(status="expired", url=None)
    store.emit("checkout.session.expired", session)
    return session


def expire_overdue(store: Store) -> None:
    now = time.time()
    for session in list(store.newest_first("checkout.session")):
        if session["status"] == "open" and session["expires_at"] <= now:
            _expire(store, session)


def pay(store: Store, session: Thing, card: str, email: str | None, base: str) -> Thing:
    """The buyer presses a button of the hosted page. Returns the PaymentIntent: succeeded, or in requires_action.

    Raises StripeError 402 when the card is declined; the session then stays open for another try.
    """
    if session["status"] != "open":
        raise invalid("This session is over.", code="checkout_session_not_open")
    behind: Behind = store.aside(session["id"])
    if session["payment_intent"] is None:
        session["payment_intent"] = payments.open_intent(store, behind.wanted)["id"]
    intent = store.get("payment_intent", session["payment_intent"])
    email = email or session["customer_email"] or "buyer@example.com"
    intent["payment_method"] = cards.attach(store, card, email=email)["id"]
    session["customer_details"] = _details(email)
    store.keep_aside(intent["id"], {"return_url": session["url"]})
    payments.attempt(store, intent, base)
    if intent["status"] == "succeeded":
        complete(store, session)
    return intent


def answer_bank(store: Store, session: Thing, *, recognised: bool) -> None:
    intent = payments.answer_bank(store, store.get("payment_intent", session["payment_intent"]), recognised=recognised)
    if intent["status"] == "succeeded":
        complete(store, session)


def complete(store: Store, session: Thing) -> None:
    session.update(status="complete", payment_status="paid", url=None)
    store.emit("checkout.session.completed", session)


def success_address(session: Thing) -> str:
    address: str = session["success_url"]
    return address.replace(PLACEHOLDER, session["id"])


def of_intent(store: Store, intent: str) -> Thing | None:
    return next((session for session in store.newest_first("checkout.session") if session["payment_intent"] == intent), None)
