"""From Buy to the licence, and back, at the real stand-in."""

import json

import pytest
from django.core import mail

from atelier.audit.models import Entry
from atelier.checkout.models import Order
from atelier.ledger import queries as ledger
from atelier.ledger.models import Account, Kind
from licensing.text import text_hash
from tests.world import World, client_of, run_outbox, two_step

from . import shop

pytestmark = pytest.mark.django_db


def test_a_creator_buys_a_tier_through_the_api(world: World) -> None:
    client, tier = client_of(world.bob), world.tier()
    shown = client.get(f"/api/v1/tiers/{tier.public_id}?language=fr").json()
    wanted = {"revision": shown["revision"], "accepted_text": shown["text_hash"], "language": "fr"}
    answer = client.post("/api/v1/orders", wanted, format="json")
    assert answer.status_code == 201, answer.json()
    order = Order.objects.get(pk=Order.parse_id(answer.json()["id"]))
    assert shop.press(order, "pay").headers["location"].endswith(f"/orders/{order.public_id}?paid=1")
    shop.settle(order)
    bought = client.get(f"/api/v1/orders/{order.public_id}").json()
    assert (bought["state"], bought["checkout_url"]) == ("paid", "")
    licence = client.get(f"/api/v1/licences/{bought['licence']}").json()
    assert licence["seconds"] == {"granted": 3600, "left": 3600, "held": 0, "spent": 0}
    assert licence["text"] == shown["text"]
    assert [message.to for message in mail.outbox if world.bob.email in message.to] == [[world.bob.email]]


def test_the_sale_is_split_between_fee_platform_and_title(world: World) -> None:
    order = shop.buy(world.bob, world.tier(price=4900).current)
    parts = {
        account.kind: account.balance
        for account in Account.objects.filter(postings__transaction__subject=order.public_id).distinct()
        if account.owner is not None
    }
    assert order.fee == 99
    assert parts == {Kind.STUDIO: 4900 - 99 - 735}
    assert not ledger.unbalanced().exists()
    assert not ledger.astray().exists()


def test_the_studio_reads_order_and_licence_in_its_log(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    actions = list(Entry.objects.filter(studio=world.studio.id).order_by("id").values_list("action", flat=True))
    assert actions[-3:] == ["order.open", "licence.grant", "order.paid"]
    paid = Entry.objects.get(action="order.paid", subject=order.public_id)
    assert paid.licence == order.licence.public_id
    assert world.bob.email not in json.dumps(paid.detail)


def test_a_declined_card_then_another_one_buys_once(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "decline")
    assert shop.settle(order).state == "open"
    shop.press(order, "pay")
    assert shop.settle(order).state == "paid"
    assert world.bob.licences.count() == 1


def test_a_whole_refund_ends_the_licence_and_returns_every_share(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    answer = client_of(world.bob).post(f"/api/v1/orders/{order.public_id}/refund", {}, format="json")
    assert answer.status_code == 202, answer.json()
    order.licence.refresh_from_db()
    assert order.licence.state == "suspended"
    run_outbox()
    shop.settle(order)
    order.licence.refresh_from_db()
    assert (order.state, order.refunded, order.licence.state) == ("refunded", 4900, "revoked")
    assert ledger.balance(Kind.STUDIO, "EUR", world.version.titles.get().id) == 0
    assert not ledger.unbalanced().exists()


def test_a_partial_refund_by_staff_leaves_the_licence(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    staff = client_of(two_step(world.person("staff", is_staff=True)))
    answer = staff.post(f"/api/v1/orders/{order.public_id}/refund", {"amount": 1000, "reason": "goodwill"}, format="json")
    assert answer.status_code == 202
    run_outbox()
    shop.settle(order)
    order.licence.refresh_from_db()
    assert (order.state, order.refunded, order.licence.state) == ("paid", 1000, "active")
    assert ledger.balance(Kind.STUDIO, "EUR", world.version.titles.get().id) == 4066 - 830


def test_the_text_that_is_accepted_is_recorded(world: World) -> None:
    revision = world.tier().current
    order = shop.open_order(world.bob, revision, "fr")
    assert order.accepted_text == text_hash(revision.terms, "fr")
