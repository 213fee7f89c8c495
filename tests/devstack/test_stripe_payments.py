from typing import Any

import pytest
import stripe

from tests.devstack.shop import Shop


def intent(shop: Shop, card: str, **more: Any) -> Any:
    asked: Any = {"amount": 4900, "currency": "eur", "payment_method": card, "confirm": True, **more}
    return shop.client.v1.payment_intents.create(asked)


def test_a_good_card_pays_and_the_fee_is_booked(shop: Shop) -> None:
    paid = shop.client.v1.payment_intents.retrieve(shop.paid(4900).id, {"expand": ["latest_charge.balance_transaction"]})
    charge: Any = paid.latest_charge
    line = charge.balance_transaction
    assert (paid.status, charge.paid, charge.amount_captured) == ("succeeded", True, 4900)
    assert (line.amount, line.fee, line.net) == (4900, 99, 4801)  # 1.5 % of 4900 is 73.5, rounded up, and 25


def test_the_fee_is_not_known_in_the_first_event(shop: Shop) -> None:
    shop.paid()
    first, later = shop.events("charge.succeeded")[0], shop.events("charge.updated")[0]
    assert first.data.object.balance_transaction is None
    assert later.data.object.balance_transaction.startswith("txn_")


@pytest.mark.parametrize(
    ("card", "why"),
    [("pm_card_chargeDeclined", "generic_decline"), ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds")],
)
def test_a_bad_card_is_declined(shop: Shop, card: str, why: str) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        intent(shop, card)
    assert (refusal.value.http_status, refusal.value.code, refusal.value.json_body["error"]["decline_code"]) == (402, "card_declined", why)
    assert [found.status for found in shop.client.v1.payment_intents.list()] == ["requires_payment_method"]
    assert [charge.paid for charge in shop.client.v1.charges.list()] == [False]


def test_a_card_that_asks_waits_for_the_buyer(shop: Shop) -> None:
    waiting = intent(shop, "pm_card_threeDSecure2Required", return_url="http://127.0.0.1:1/back")
    assert waiting.status == "requires_action"
    answer = shop.browser.post(f"{waiting.next_action.redirect_to_url.url}/complete")
    assert answer.headers["location"] == f"http://127.0.0.1:1/back?payment_intent={waiting.id}&redirect_status=succeeded"
    assert shop.client.v1.payment_intents.retrieve(waiting.id).status == "succeeded"


def test_a_card_that_asks_cannot_be_used_without_its_owner(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as refusal:
        intent(shop, "pm_card_authenticationRequired", off_session=True)
    assert refusal.value.code == "authentication_required"


def test_an_intent_is_confirmed_later(shop: Shop) -> None:
    waiting = shop.client.v1.payment_intents.create({"amount": 4900, "currency": "eur"})
    assert waiting.status == "requires_payment_method"
    assert shop.client.v1.payment_intents.confirm(waiting.id, {"payment_method": "pm_card_mastercard"}).status == "succeeded"


def test_an_intent_is_paid_once(shop: Shop) -> None:
    paid = shop.paid()
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.payment_intents.confirm(paid.id, {"payment_method": "pm_card_visa"})
    assert refusal.value.code == "payment_intent_unexpected_state"
    assert len(shop.client.v1.charges.list().data) == 1


def test_a_cancelled_intent_is_over(shop: Shop) -> None:
    waiting = shop.client.v1.payment_intents.create({"amount": 4900, "currency": "eur"})
    assert shop.client.v1.payment_intents.cancel(waiting.id).status == "canceled"
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.payment_intents.confirm(waiting.id, {"payment_method": "pm_card_visa"})


def test_an_unknown_card_is_refused(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        intent(shop, "pm_card_of_nobody")
    assert refusal.value.param == "payment_method"
    assert shop.client.v1.payment_intents.list().data == []


def test_a_property_without_an_object_behind_it_cannot_be_expanded(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.payment_intents.retrieve(shop.paid().id, {"expand": ["currency"]})
    assert refusal.value.param == "expand"


def test_a_refund_takes_the_rest_of_the_charge(shop: Shop) -> None:
    paid = shop.paid(4900)
    refund = shop.client.v1.refunds.create({"payment_intent": paid.id, "expand": ["balance_transaction", "charge"]})
    line, charge = refund.balance_transaction, refund.charge
    assert isinstance(line, stripe.BalanceTransaction)
    assert isinstance(charge, stripe.Charge)
    assert (refund.amount, refund.status, line.amount, line.fee) == (4900, "succeeded", -4900, 0)
    assert (charge.refunded, charge.amount_refunded) == (True, 4900)
    assert [event.type for event in shop.events("refund.created", "charge.refunded")] == ["charge.refunded", "refund.created"]


def test_refunds_never_add_up_to_more_than_the_charge(shop: Shop) -> None:
    paid = shop.paid(5000)
    shop.client.v1.refunds.create({"payment_intent": paid.id, "amount": 3000})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        shop.client.v1.refunds.create({"payment_intent": paid.id, "amount": 2001})
    assert refusal.value.param == "amount"
    shop.client.v1.refunds.create({"payment_intent": paid.id, "amount": 2000})
    with pytest.raises(stripe.InvalidRequestError) as over:
        shop.client.v1.refunds.create({"payment_intent": paid.id, "amount": 1})
    assert over.value.code == "charge_already_refunded"
    assert [refund.amount for refund in shop.client.v1.refunds.list({"payment_intent": paid.id})] == [2000, 3000]


def test_what_was_never_paid_is_not_refunded(shop: Shop) -> None:
    waiting = shop.client.v1.payment_intents.create({"amount": 4900, "currency": "eur"})
    with pytest.raises(stripe.InvalidRequestError):
        shop.client.v1.refunds.create({"payment_intent": waiting.id})
