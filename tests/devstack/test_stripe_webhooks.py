import time
from typing import Any

import pytest
import stripe

from tests.devstack.receiver import eventually
from tests.devstack.shop import Shop


def customer(shop: Shop) -> Any:
    return shop.client.v1.customers.create({"email": "bob@example.org"})


def test_an_event_arrives_signed_as_stripe_signs(shop: Shop) -> None:
    made = customer(shop)
    (event,) = shop.received(1)
    assert (event.type, event.data.object.id, event.livemode) == ("customer.created", made.id, False)
    with pytest.raises(stripe.SignatureVerificationError):
        shop.receiver.deliveries[0].event("whsec_of_somebody_else")


def test_a_delivery_is_the_event_that_the_api_lists(shop: Shop) -> None:
    customer(shop)
    (event,) = shop.received(1)
    assert shop.client.v1.events.retrieve(event.id).data.object.id == event.data.object.id
    eventually(lambda: shop.client.v1.events.retrieve(event.id).pending_webhooks == 0)


def test_a_delivery_that_was_refused_is_tried_again(shop: Shop) -> None:
    shop.receiver.refusals = 2
    customer(shop)
    assert len({event.id for event in shop.received(3)}) == 1
    assert [attempt["status"] for attempt in eventually(lambda: _attempts(shop, 3))] == [500, 500, 200]


def test_nothing_is_tried_again_after_it_was_taken(shop: Shop) -> None:
    customer(shop)
    shop.received(1)
    eventually(lambda: shop.control()["travelling"] == 0)
    assert len(shop.receiver.deliveries) == 1


def test_nasty_duplicates(shop: Shop) -> None:
    shop.control(duplicate=2)
    customer(shop)
    assert len({event.id for event in shop.received(3)}) == 1


def test_nasty_order(shop: Shop) -> None:
    shop.control(reorder=True)
    shop.paid()
    kinds = [event.type for event in shop.received(4)]
    assert kinds == ["charge.updated", "payment_intent.succeeded", "charge.succeeded", "payment_intent.created"]


def test_nasty_drop_is_found_again_by_listing_events(shop: Shop) -> None:
    before = int(time.time())
    shop.control(drop=1)
    lost = customer(shop)
    kept = customer(shop)
    assert [event.data.object.id for event in shop.received(1)] == [kept.id]
    listed = shop.client.v1.events.list({"created": {"gte": before}, "type": "customer.created"})
    assert [event.data.object["id"] for event in listed] == [kept.id, lost.id]
    assert shop.client.v1.events.list({"created": {"lt": before - 1}}).data == []


def test_nasty_future(shop: Shop) -> None:
    shop.control(future=3600)
    customer(shop)
    shop.received(1)
    stamped = int(shop.receiver.deliveries[0].signature.split(",")[0].removeprefix("t="))
    assert stamped > time.time() + 3000


def test_nasty_delay_lets_a_later_event_overtake(shop: Shop) -> None:
    shop.control(delay=1000)
    customer(shop)
    shop.control(delay=0)
    later = customer(shop)
    assert [event.data.object.id for event in shop.received(1)] == [later.id]
    assert shop.control()["travelling"] >= 1


def test_an_event_is_sent_again_on_demand(shop: Shop) -> None:
    customer(shop)
    (event,) = shop.received(1)
    shop.control(resend=event.id)
    assert len({event.id for event in shop.received(2)}) == 1


def test_an_unknown_switch_is_refused(shop: Shop) -> None:
    answer = shop.browser.post(f"{shop.url}/_control", json={"explode": True})
    assert (answer.status_code, "explode" in answer.text) == (400, True)


def _attempts(shop: Shop, count: int) -> list[dict[str, Any]] | None:
    attempts: list[dict[str, Any]] = shop.control()["attempts"]
    return attempts if len(attempts) == count else None
