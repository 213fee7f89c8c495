"""Giving an order back."""

import json
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.db import connection

from atelier.checkout import actions, folding, gateway
from atelier.checkout.models import Order, Refund
from atelier.licences import actions as licences
from tests.world import World, client_of, run_outbox, two_step

from . import shop

pytestmark = pytest.mark.django_db


@pytest.fixture
def order(world: World) -> Order:
    return shop.buy(world.bob, world.tier(may_download_base=True).current)


def ask(person: Any, order: Order, **body: Any) -> Any:
    return client_of(person).post(f"/api/v1/orders/{order.public_id}/refund", body, format="json")


def test_after_fourteen_days_the_buyer_cannot_give_it_back_and_staff_can(order: Order, world: World) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checkout_order SET paid_at = paid_at - interval '14 days 1 minute'")
    assert ask(world.bob, order).json()["code"] == "refund_window_over"
    assert ask(two_step(world.person("staff", is_staff=True)), order).status_code == 202


def test_staff_who_sign_in_with_a_password_alone_see_no_order_of_others(order: Order, world: World) -> None:
    staff = world.person("staff", is_staff=True)
    assert ask(staff, order).status_code == 404
    assert client_of(staff).get("/api/v1/orders").json()["results"] == []
    two_step(staff)
    assert ask(staff, order).status_code == 202


def test_a_licence_whose_seconds_are_on_hold_cannot_be_given_back(order: Order, world: World) -> None:
    training = uuid4()
    licences.reserve(licence=order.licence, training=training, seconds=1)
    assert ask(world.bob, order).json()["code"] == "licence_used"
    licences.release(licence=order.licence, training=training)
    assert ask(world.bob, order).status_code == 202


def test_a_licence_whose_base_was_downloaded_cannot_be_given_back(order: Order, world: World) -> None:
    type(order.licence).objects.filter(pk=order.licence_id).update(base_taken_at=order.created_at)
    assert ask(world.bob, order).json()["code"] == "licence_used"


def test_the_buyer_gives_back_all_or_nothing(order: Order, world: World) -> None:
    assert ask(world.bob, order, amount=100).json()["code"] == "refund_whole_only"


@pytest.mark.parametrize("amount", [0, -1, "100", 1.5, True, 10**12])
def test_an_amount_that_makes_no_sense_is_refused(order: Order, world: World, amount: Any) -> None:
    assert ask(two_step(world.person("staff", is_staff=True)), order, amount=amount).status_code == 422


def test_never_more_is_refunded_than_was_paid(order: Order, world: World) -> None:
    staff = two_step(world.person("staff", is_staff=True))
    assert ask(staff, order, amount=4901).json()["code"] == "over_refund"
    assert ask(staff, order, amount=4000).status_code == 202
    assert ask(staff, order, amount=901).json()["left"] == 900
    run_outbox()
    shop.settle(order)
    assert ask(staff, order, amount=901).json()["left"] == 900


def test_a_second_click_on_give_back_gives_back_once(order: Order, world: World) -> None:
    assert [ask(world.bob, order).status_code for _ in range(2)] == [202, 409]
    run_outbox()
    run_outbox()
    assert shop.settle(order).refunded == order.amount


def test_a_refund_whose_answer_was_lost_is_not_made_twice(order: Order, world: World) -> None:
    refund = actions.ask_refund(order=order, by=world.bob)
    actions.send_refund(refund=refund)
    made = Refund.objects.get(pk=refund.pk).stripe_refund
    Refund.objects.filter(pk=refund.pk).update(state="asked", stripe_refund=None)
    actions.send_refund(refund=refund)
    assert Refund.objects.get(pk=refund.pk).stripe_refund == made


def test_a_refund_that_the_provider_refuses_leaves_the_licence_as_it_was(order: Order, world: World) -> None:
    """Somebody refunded a part in the provider's own console; its event has not come yet."""
    shop.stripe("POST", "refunds", {"payment_intent": order.payment_intent, "amount": 4000})
    refund = actions.ask_refund(order=order, by=world.bob)
    run_outbox()
    refund.refresh_from_db()
    order.licence.refresh_from_db()
    assert (refund.state, order.licence.state) == ("failed", "active")
    assert "greater than" in refund.problem


def test_an_order_that_was_not_paid_cannot_be_given_back(world: World) -> None:
    assert ask(world.bob, shop.open_order(world.bob, world.tier().current)).json()["code"] == "not_refundable"


def test_a_refund_made_in_the_providers_console_revokes_too(order: Order) -> None:
    shop.stripe("POST", "refunds", {"payment_intent": order.payment_intent})
    shop.settle(order)
    order.licence.refresh_from_db()
    assert (order.state, order.licence.state) == ("refunded", "revoked")


def test_what_is_asked_for_here_counts_besides_what_the_provider_s_console_gave_back(order: Order, world: World) -> None:
    shop.stripe("POST", "refunds", {"payment_intent": order.payment_intent, "amount": 1000})
    shop.settle(order)
    actions.ask_refund(order=order, by=two_step(world.person("staff", is_staff=True)))
    folding.follow(order=order)
    order.licence.refresh_from_db()
    assert (order.refunded, order.licence.state, order.licence.reason) == (1000, "suspended", licences.REFUND_ASKED)


def test_a_refund_that_the_buyer_s_bank_sends_back_has_failed_and_the_buyer_is_told(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "refund-fails")
    shop.settle(order)
    assert ask(world.bob, order).status_code == 202
    run_outbox("checkout.send_refund")
    assert Refund.objects.get(order=order).state == "sent"
    shop.settle(order)
    order.licence.refresh_from_db()
    assert (Refund.objects.get(order=order).state, order.refunded, order.licence.state) == ("failed", 0, "active")
    told = [sent.subject for sent in mail.outbox if sent.to == [world.bob.email]]
    assert told[1:] == ["Your refund for Lumen did not go through"]


def test_a_refund_that_fails_after_it_has_ended_the_licence_is_owed_still(order: Order, world: World, monkeypatch: Any) -> None:
    """The provider's books say no more that it was paid back; ours do, until a person pays in another way."""
    actions.ask_refund(order=order, by=world.bob)
    run_outbox()
    shop.settle(order)
    made = Refund.objects.get(order=order)
    failed = {"object": "refund", "id": made.stripe_refund, "status": "failed", "payment_intent": order.payment_intent, "metadata": {}}
    body = {"id": "evt_failed", "type": "refund.failed", "created": 1, "livemode": False, "data": {"object": failed}}
    before = gateway.payment(order.session or "")
    monkeypatch.setattr(gateway, "payment", lambda session: replace(before, refunded=0))
    assert shop.deliver(json.dumps(body)) == 200
    run_outbox()
    order.refresh_from_db()
    order.licence.refresh_from_db()
    assert (order.refunded, order.returned, order.licence.state) == (0, order.amount, "revoked")
    assert Refund.objects.get(order=order).state == "failed"
    assert "did not go through" in mail.outbox[-1].subject
