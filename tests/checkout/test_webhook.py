"""What the webhook takes in, and what it does not. Bodies are those of the stand-in, changed where the test says so."""

import json
import time
from typing import Any

import pytest
from django.db import DatabaseError
from django.test import Client

from atelier.audit.models import Entry
from atelier.checkout.models import Folding, Order, PaymentEvent
from tests.world import World, run_outbox

from . import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def paid(world: World) -> tuple[Order, dict[str, Any]]:
    """An order that was paid at the provider, and the event that says so, not delivered yet."""
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "pay")
    [event] = [event for event in shop.events_of(order) if event["type"] == "checkout.session.completed"]
    return order, event


def state(order: Order) -> str:
    run_outbox()
    order.refresh_from_db()
    return order.state


def test_a_signed_webhook_pays_the_order(paid: tuple[Order, dict[str, Any]]) -> None:
    order, event = paid
    assert shop.deliver(json.dumps(event)) == 200
    assert state(order) == "paid"


@pytest.mark.parametrize(
    "signature",
    ["", "t=1", "nonsense", "t=,v1=", "t=1,v1=é", "v1=abc,t=1", "t=99999999999999999999,v1=ab", "t=1" + ",v1=ab" * 30],
)
def test_an_unsigned_or_badly_signed_webhook_is_refused(paid: tuple[Order, dict[str, Any]], signature: str) -> None:
    order, event = paid
    assert shop.deliver(json.dumps(event), signature) == 400
    assert not PaymentEvent.objects.filter(event=event["id"]).exists()
    assert state(order) == "open"


def test_a_webhook_signed_with_another_secret_is_refused(paid: tuple[Order, dict[str, Any]]) -> None:
    body = json.dumps(paid[1])
    assert shop.deliver(body, shop.sign(body, secret="whsec_of_somebody_else")) == 400


def test_a_webhook_with_only_a_v0_signature_is_refused(paid: tuple[Order, dict[str, Any]]) -> None:
    body = json.dumps(paid[1])
    assert shop.deliver(body, shop.sign(body, scheme="v0")) == 400


@pytest.mark.parametrize("shift", [-3600, -301, 302, 3600])
def test_an_old_or_future_dated_webhook_is_refused(paid: tuple[Order, dict[str, Any]], shift: int) -> None:
    order, event = paid
    body = json.dumps(event)
    assert shop.deliver(body, shop.sign(body, int(time.time()) + shift)) == 400
    assert state(order) == "open"


def test_a_body_changed_after_signing_is_refused(paid: tuple[Order, dict[str, Any]]) -> None:
    order, event = paid
    signature = shop.sign(json.dumps(event))
    event["data"]["object"]["amount_total"] = 1
    assert shop.deliver(json.dumps(event), signature) == 400
    assert state(order) == "open"


def test_the_same_webhook_five_times_has_one_effect(paid: tuple[Order, dict[str, Any]], world: World) -> None:
    order, event = paid
    for waiting in range(5):
        assert shop.deliver(json.dumps({**event, "pending_webhooks": waiting})) == 200
    assert state(order) == "paid"
    assert (PaymentEvent.objects.filter(event=event["id"]).count(), world.bob.licences.count()) == (1, 1)


def test_the_same_event_id_with_another_body_is_noted_and_changes_nothing(paid: tuple[Order, dict[str, Any]]) -> None:
    order, event = paid
    shop.deliver(json.dumps(event))
    first = PaymentEvent.objects.get(event=event["id"]).body
    assert shop.deliver(json.dumps({**event, "type": "charge.refunded"})) == 400
    assert PaymentEvent.objects.get(event=event["id"]).body == first
    assert Entry.objects.filter(action="payment.event_changed", subject=event["id"]).exists()
    assert state(order) == "paid"


@pytest.mark.parametrize("change", [{"account": "acct_of_another"}, {"livemode": True}])
def test_an_event_of_another_account_or_mode_pays_nothing(paid: tuple[Order, dict[str, Any]], change: dict[str, Any]) -> None:
    order, event = paid
    assert shop.deliver(json.dumps(event | change)) == 200
    assert state(order) == "open"
    assert Folding.objects.get(event__event=event["id"]).note == "about no order of ours"


def test_an_amount_in_the_event_is_not_believed(paid: tuple[Order, dict[str, Any]]) -> None:
    """Even a well-signed event only says: look again."""
    order, event = paid
    event["data"]["object"] |= {"amount_total": 1, "payment_status": "unpaid"}
    assert shop.deliver(json.dumps(event)) == 200
    assert (state(order), order.fee) == ("paid", 99)


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "1",
        '"evt"',
        "{}",
        "{",
        '{"id": NaN}',
        '{"a": 1, "a": 2}',
        "[" * 100_000,
        '{"a":' * 20_000 + "1" + "}" * 20_000,
        '{"id": "evt_\\u0000"}',
        "\x00",
        '{"id": "evt_\\ud800", "type": "a.b", "created": 1, "livemode": false, "data": {"object": {}}}',
        '{"id": "evt_1", "type": "a.b", "created": 1e300, "livemode": false, "data": {"object": {}}}',
        '{"id": "evt_1", "type": "a.b", "created": -5, "livemode": false, "data": {"object": {}}}',
        '{"id": "evt_1", "type": "a.b", "created": true, "livemode": false, "data": {"object": {}}}',
        '{"id": "evt_1", "type": "a.b", "created": 1, "livemode": "no", "data": {"object": {}}}',
        '{"id": "evt_1", "type": "a.b", "created": 1, "livemode": false, "data": {"object": []}}',
        '{"id": "evt_1", "type": "a.b", "created": 1, "livemode": false, "data": []}',
        '{"id": ["evt_1"], "type": "a.b", "created": 1, "livemode": false, "data": {"object": {}}}',
        '{"id": "evt_1", "type": "a.b", "created": 1, "livemode": false, "data": {"object": {"payment_intent": 5}}}',
        '{"id": "evt_1", "type": "a.b", "created": 1, "livemode": false, "data": {"object": {"object": "checkout.session"}}}',
        '{"id": "evt_1", "type": "a.b", "created": ' + "9" * 5000 + ', "livemode": false, "data": {"object": {}}}',
        "x" * 1_100_000,
        "y" * 3_000_000,
    ],
)
def test_a_signed_body_that_is_no_event_is_refused_and_not_a_failure_of_ours(db: None, body: str) -> None:
    before = PaymentEvent.objects.count()
    assert shop.deliver(body) == 400
    assert PaymentEvent.objects.count() == before


def test_bytes_that_are_no_text_are_refused(db: None) -> None:
    headers = {"Stripe-Signature": shop.sign("x")}
    answer = Client(raise_request_exception=False).post(shop.WEBHOOK, b"\xff\xfe", content_type="application/json", headers=headers)
    assert answer.status_code == 400


def test_only_post_is_taken(db: None) -> None:
    assert Client().get(shop.WEBHOOK).status_code == 405


def test_an_event_about_nothing_of_ours_is_kept_and_laid_aside(world: World) -> None:
    body = {"id": f"evt_{world.tag}", "type": "customer.created", "created": 1, "livemode": False, "data": {"object": {"id": "cus_1"}}}
    assert shop.deliver(json.dumps(body)) == 200
    run_outbox()
    assert Folding.objects.get(event__event=body["id"]).order is None


def test_an_odd_metadata_or_an_order_that_never_was_is_no_failure(world: World) -> None:
    for number, metadata in enumerate([{"order": "ord_" + "0" * 32}, {"order": ["ord_1"]}, {"order": "x"}, [], None, "ord"]):
        thing = {"object": "charge", "id": "ch_1", "metadata": metadata}
        body = {"id": f"evt_{world.tag}{number}", "type": "charge.updated", "created": 1, "livemode": False, "data": {"object": thing}}
        assert shop.deliver(json.dumps(body)) == 200
    run_outbox()
    assert Folding.objects.filter(event__event__startswith=f"evt_{world.tag}", order=None).count() == 6


def test_the_inbox_only_grows(paid: tuple[Order, dict[str, Any]]) -> None:
    shop.deliver(json.dumps(paid[1]))
    with pytest.raises(DatabaseError):
        PaymentEvent.objects.filter(event=paid[1]["id"]).update(body="{}")
