"""A buyer's bank questions a payment: what follows for licence, books and studio."""

from typing import Any

import pytest
from django.core import mail
from django.db.models import Sum
from django.test import Client

from atelier.audit.models import Entry
from atelier.checkout import folding
from atelier.checkout.models import Order, PaymentEvent
from atelier.checkout.reconciliation import reconcile
from atelier.devstack.stripe.disputes import COST
from atelier.ledger import queries as ledger
from atelier.ledger.models import Kind, Posting, signed
from atelier.ledger.queries import unbalanced
from tests.world import World

from . import shop

pytestmark = pytest.mark.django_db
SHARE = 4066


@pytest.fixture
def order(world: World) -> Order:
    """Paid with a card whose owner disputes the payment at once."""
    row = shop.open_order(world.bob, world.tier().current)
    shop.press(row, "dispute")
    return shop.settle(row)


def decide(order: Order, evidence: str) -> Order:
    (dispute,) = shop.stripe("GET", f"disputes?payment_intent={order.payment_intent}")["data"]
    shop.stripe("POST", f"disputes/{dispute['id']}", {"evidence[uncategorized_text]": evidence})
    return shop.settle(order)


def stands(order: Order, world: World) -> tuple[Any, ...]:
    assert order.licence is not None
    order.licence.refresh_from_db()
    share = ledger.balance(Kind.STUDIO, "EUR", world.version.titles.get().id)
    return order.state, order.dispute, order.licence.state, share


def told(world: World) -> list[str]:
    return [sent.subject.partition(" (")[0] for sent in mail.outbox if sent.to == [world.alice.email]]


def test_a_disputed_payment_suspends_the_licence_and_the_studio_is_told(order: Order, world: World) -> None:
    assert stands(order, world) == ("paid", "open", "suspended", SHARE)
    assert told(world) == ["A payment for Lumen"]
    assert order.licence and order.licence.public_id in mail.outbox[-1].body
    assert Entry.objects.filter(subject=order.public_id, action="order.disputed", studio=world.studio.id).count() == 1


def test_a_won_dispute_gives_the_licence_back(order: Order, world: World) -> None:
    order = decide(order, "winning_evidence")
    assert stands(order, world) == ("paid", "won", "active", SHARE)
    assert told(world) == ["A payment for Lumen", "The disputed payment for Lumen"]


@pytest.mark.parametrize("evidence", ["winning_evidence", "losing_evidence"])
def test_what_the_provider_takes_for_a_dispute_is_the_platform_s_cost_and_posted_once(order: Order, world: World, evidence: str) -> None:
    taken = [balance_of(order, "dispute_fee")]
    order = decide(order, evidence)
    folding.follow(order=order)
    taken.append(balance_of(order, "dispute_fee"))
    assert taken == [{"platform": -COST, "fees": COST}] * 2
    assert not unbalanced().exists()


def balance_of(order: Order, kind: str) -> dict[str, int]:
    """What transactions of this kind put on each account, for disputes about the order."""
    (dispute,) = shop.stripe("GET", f"disputes?payment_intent={order.payment_intent}")["data"]
    rows = Posting.objects.filter(transaction__kind=kind, transaction__subject=dispute["id"])
    return dict(rows.values_list("account__kind").annotate(total=Sum(signed())))


def test_a_lost_dispute_ends_the_licence_and_takes_the_shares_back(order: Order, world: World) -> None:
    order = decide(order, "losing_evidence")
    assert stands(order, world) == ("lost", "lost", "revoked", 0)
    assert told(world)[1:] == ["The disputed payment for Lumen"]
    assert not ledger.unbalanced().exists()


def test_the_studio_is_told_once_however_often_the_events_come(order: Order, world: World) -> None:
    for event in PaymentEvent.objects.filter(payment_intent=order.payment_intent):
        assert shop.deliver(event.body) == 200
    shop.settle(order)
    assert told(world) == ["A payment for Lumen"]


def test_the_buyer_s_page_tells_of_it(order: Order, world: World, client: Client) -> None:
    client.force_login(world.bob)
    page = client.get(f"/en/orders/{order.public_id}").content.decode()
    assert "This payment is disputed" in page and "Payment questioned by the bank" in page


def test_a_lost_dispute_that_waits_to_be_folded_is_no_difference_yet(order: Order) -> None:
    (dispute,) = shop.stripe("GET", f"disputes?payment_intent={order.payment_intent}")["data"]
    shop.stripe("POST", f"disputes/{dispute['id']}/close")
    assert not [found for found in reconcile() if found["order"] == order.public_id]
