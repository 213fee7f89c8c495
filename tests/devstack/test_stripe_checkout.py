from typing import Any

import pytest
import stripe

from tests.devstack import openapi
from tests.devstack.shop import CANCEL, Shop


def test_a_new_session_is_open_and_unpaid(shop: Shop) -> None:
    session = shop.session(4900, client_reference_id="order-7", metadata={"order": "7"})
    assert (session.status, session.payment_status, session.amount_total, session.currency) == ("open", "unpaid", 4900, "eur")
    assert (session.client_reference_id, session.metadata["order"], session.payment_intent) == ("order-7", "7", None)
    assert shop.events() == []


def test_the_page_shows_what_is_bought_and_escapes_it(shop: Shop) -> None:
    page = shop.browser.get(shop.session(4905).url)
    assert page.status_code == 200
    assert "49.05 EUR" in page.text
    assert "Tier &lt;two&gt;" in page.text


def test_paying_completes_the_session_and_leads_back(shop: Shop) -> None:
    session = shop.session(payment_intent_data={"metadata": {"order": "7"}})
    answer = shop.press(session, "pay", email="bob@example.org")
    assert (answer.status_code, answer.headers["location"]) == (303, f"http://127.0.0.1:1/paid?session={session.id}")
    paid = shop.look_at(session, "payment_intent")
    assert (paid.status, paid.payment_status, paid.url, paid.customer_details.email) == ("complete", "paid", None, "bob@example.org")
    assert (paid.payment_intent.status, paid.payment_intent.amount_received) == ("succeeded", 4900)
    assert paid.payment_intent.metadata["order"] == "7"


def test_a_declined_card_leaves_the_session_open_for_another(shop: Shop) -> None:
    session = shop.session()
    answer = shop.press(session, "decline")
    assert (answer.status_code, answer.headers["location"]) == (303, session.url)
    assert "declined" in shop.browser.get(session.url).text
    tried = shop.look_at(session, "payment_intent")
    assert (tried.status, tried.payment_status) == ("open", "unpaid")
    assert tried.payment_intent.last_payment_error.decline_code == "generic_decline"
    shop.press(session, "pay")
    assert shop.look_at(session).payment_status == "paid"
    assert [event.type for event in shop.events("charge.succeeded", "charge.failed")] == ["charge.succeeded", "charge.failed"]


def test_the_bank_recognises_the_buyer(shop: Shop) -> None:
    session = shop.session()
    bank = shop.press(session, "3ds").headers["location"]
    assert shop.look_at(session, "payment_intent").payment_intent.status == "requires_action"
    assert "49.00 EUR" in shop.browser.get(bank).text
    assert shop.browser.post(f"{bank}/complete").headers["location"].endswith(session.id)
    assert shop.look_at(session).payment_status == "paid"


def test_the_bank_does_not_recognise_the_buyer(shop: Shop) -> None:
    session = shop.session()
    bank = shop.press(session, "3ds").headers["location"]
    assert shop.browser.post(f"{bank}/fail").headers["location"] == session.url
    tried = shop.look_at(session, "payment_intent")
    assert (tried.payment_status, tried.payment_intent.status) == ("unpaid", "requires_payment_method")
    assert tried.payment_intent.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_bank_answers_once(shop: Shop) -> None:
    bank = shop.press(shop.session(), "3ds").headers["location"]
    shop.browser.post(f"{bank}/complete")
    assert shop.browser.post(f"{bank}/complete").status_code == 400
    assert len(shop.events("checkout.session.completed")) == 1


def test_cancelling_leads_back_and_changes_nothing(shop: Shop) -> None:
    session = shop.session()
    assert shop.press(session, "cancel").headers["location"] == CANCEL
    assert (shop.look_at(session).status, shop.events()) == ("open", [])


def test_a_session_is_paid_once(shop: Shop) -> None:
    session = shop.session()
    shop.press(session, "pay")
    assert shop.press(session, "pay").status_code == 400
    assert shop.browser.get(session.url).status_code == 410
    assert len(shop.events("charge.succeeded")) == 1


def test_an_expired_session_cannot_be_paid(shop: Shop) -> None:
    session = shop.session()
    assert shop.client.v1.checkout.sessions.expire(session.id).status == "expired"
    assert shop.press(session, "pay").status_code == 400
    assert [event.type for event in shop.events()] == ["checkout.session.expired"]


def test_the_total_is_the_sum_of_the_lines(shop: Shop) -> None:
    price = shop.client.v1.prices.create({"product_data": {"name": "Seconds"}, "currency": "eur", "unit_amount": 250})
    session = shop.session(line_items=[{"price": price.id, "quantity": 3}, {"price": price.id, "quantity": 1}])
    assert session.amount_total == 1000
    assert [line.quantity for line in shop.client.v1.checkout.sessions.line_items.list(session.id)] == [3, 1]
    assert [line.amount_total for line in shop.look_at(session, "line_items").line_items] == [750, 250]


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"line_items": []}, "line_items"),
        ({"customer": "cus_of_nobody"}, "id"),
        ({"success_url": "javascript:alert(1)"}, "success_url"),
        ({"expires_at": 1}, "expires_at"),
        ({"customer": "cus_x", "customer_email": "bob@example.org"}, "customer_email"),
        ({"mode": "subscription"}, "mode"),
        ({"automatic_tax": {"enabled": True}}, "automatic_tax"),
    ],
)
def test_a_session_that_cannot_be_is_refused(shop: Shop, fields: dict[str, Any], param: str) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.session(**fields)
    assert refusal.value.param == param


def test_a_total_below_the_least_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.session(49)
    assert refusal.value.code == "amount_too_small"


def test_every_event_carries_the_object_as_it_then_was(shop: Shop) -> None:
    session = shop.session()
    shop.press(session, "decline")
    shop.press(session, "pay")
    events = shop.events()
    for event in events:
        openapi.check_object(event.to_dict())
        openapi.check_object(event.data.object.to_dict())
    kinds = [event.type for event in reversed(events)]
    assert kinds == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.succeeded",
        "payment_intent.succeeded",
        "charge.updated",
        "checkout.session.completed",
    ]
    assert [event.data.object.status for event in events if event.type == "payment_intent.payment_failed"] == ["requires_payment_method"]
