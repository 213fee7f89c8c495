from typing import Any

import httpx
import pytest
import stripe

from tests.devstack.receiver import eventually
from tests.devstack.shop import Shop

PAYMENT: Any = {"amount": 4900, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}


def test_the_same_request_under_the_same_key_happens_once(shop: Shop) -> None:
    first = shop.client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "order-7"})
    again = shop.client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "order-7"})
    assert first.id == again.id
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert len(shop.client.v1.charges.list().data) == 1


def test_a_replay_repeats_the_first_answer_even_when_the_object_has_changed(shop: Shop) -> None:
    asked: Any = {"amount": 4900, "currency": "eur"}
    first = shop.client.v1.payment_intents.create(asked, {"idempotency_key": "k"})
    shop.client.v1.payment_intents.cancel(first.id)
    assert shop.client.v1.payment_intents.create(asked, {"idempotency_key": "k"}).status == first.status


def test_another_request_under_the_same_key_is_refused(shop: Shop) -> None:
    shop.client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "order-7"})
    with pytest.raises(stripe.IdempotencyError) as refusal:
        shop.client.v1.payment_intents.create({**PAYMENT, "amount": 5000}, {"idempotency_key": "order-7"})
    assert refusal.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        shop.client.v1.customers.create({}, {"idempotency_key": "order-7"})


def test_a_decline_is_remembered(shop: Shop) -> None:
    asked: Any = {**PAYMENT, "payment_method": "pm_card_chargeDeclined"}
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            shop.client.v1.payment_intents.create(asked, {"idempotency_key": "order-7"})
    assert len(shop.client.v1.charges.list().data) == 1


def test_a_refusal_before_anything_happened_is_not_remembered(shop: Shop) -> None:
    asked: Any = {"product": "prod_tier", "currency": "eur", "unit_amount": 4900}
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.prices.create(asked, {"idempotency_key": "k"})
    shop.client.v1.products.create({"id": "prod_tier", "name": "Tier"})
    assert shop.client.v1.prices.create(asked, {"idempotency_key": "k"}).product == "prod_tier"


def test_an_answer_that_was_lost_is_given_again(shop: Shop) -> None:
    headers = {"Authorization": f"Bearer {shop.client._requestor.api_key}", "Idempotency-Key": "order-7"}
    shop.control(slow=2)
    with pytest.raises(httpx.ReadTimeout):
        shop.browser.post(f"{shop.url}/v1/customers", headers=headers, data={"name": "Bob"}, timeout=1)
    shop.control(slow=0)

    def answer() -> httpx.Response | None:
        got = shop.browser.post(f"{shop.url}/v1/customers", headers=headers, data={"name": "Bob"})
        if got.status_code == 409:  # the first request is still in progress
            assert got.json()["error"]["code"] == "idempotency_key_in_use"
            return None
        return got

    assert eventually(answer).headers["Idempotent-Replayed"] == "true"
    assert len(shop.client.v1.customers.list().data) == 1


def test_a_key_has_a_greatest_length(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="255"):
        shop.client.v1.customers.create({}, {"idempotency_key": "k" * 256})
