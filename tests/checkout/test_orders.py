"""Opening an order: what the client says of price, text or licence counts for nothing."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import override_settings
from rest_framework.test import APIClient

from atelier.accounts.actions import issue_token
from atelier.audit.models import Entry
from atelier.catalog.models import Offering
from atelier.checkout import actions, gateway
from atelier.checkout.models import Order
from atelier.kit.refused import Refused
from atelier.ledger.models import Transaction
from licensing.text import text_hash
from tests.world import World, client_of, run_outbox

from . import shop

pytestmark = pytest.mark.django_db


def wanted(world: World, **changes: Any) -> dict[str, Any]:
    revision = world.tier().current
    return {"revision": revision.public_id, "accepted_text": text_hash(revision.terms, "en"), "language": "en", **changes}


def post(world: World, body: dict[str, Any], **headers: str) -> Any:
    return client_of(world.bob).post("/api/v1/orders", body, format="json", headers=headers)


def test_a_price_in_the_request_counts_for_nothing(world: World) -> None:
    body = wanted(world, price={"amount": 1, "currency": "USD"}, amount=1, currency="USD", state="paid", licence="lic_1")
    order = post(world, body).json()
    assert (order["amount"], order["state"], order["licence"]) == ({"amount": 4900, "currency": "EUR"}, "open", None)
    row = Order.objects.get(pk=Order.parse_id(order["id"]))
    page = shop.stripe("GET", f"checkout/sessions/{row.session}")
    assert (page["amount_total"], page["currency"], page["metadata"]["order"]) == (4900, "eur", order["id"])


@pytest.mark.parametrize("hashed", ["sha256:" + "0" * 64])
def test_a_text_other_than_the_current_one_is_refused(world: World, hashed: str) -> None:
    answer = post(world, wanted(world, accepted_text=hashed))
    assert (answer.status_code, answer.json()["code"]) == (409, "TEXT_CHANGED")


def test_the_text_of_another_language_than_the_one_shown_is_refused(world: World) -> None:
    assert post(world, wanted(world, language="fr")).json()["code"] == "TEXT_CHANGED"


@pytest.mark.parametrize("change", [{"accepted_text": "yes"}, {"language": "de"}, {"accepted_text": 5}, {"revision": None}])
def test_a_request_that_makes_no_sense_is_refused_field_by_field(world: World, change: dict[str, Any]) -> None:
    answer = post(world, wanted(world) | change)
    assert (answer.status_code, list(answer.json()["errors"])) == (422, list(change))


@pytest.mark.parametrize("revision", ["rev_" + "0" * 32, "tir_" + "0" * 32, "1; DROP TABLE", "rev_é"])
def test_a_revision_that_never_was_is_not_found(world: World, revision: str) -> None:
    assert post(world, wanted(world, revision=revision)).status_code == 404


def test_a_closed_tier_is_no_longer_sold(world: World) -> None:
    body = wanted(world)
    tier = world.offering.tiers.get()
    client_of(world.alice).post(f"/api/v1/tiers/{tier.public_id}/close")
    assert post(world, body).json()["code"] == "tier_closed"


def test_a_superseded_revision_is_refused_and_the_current_one_named(world: World) -> None:
    tier = world.tier()
    old, terms = tier.current, world.terms(max_steps=5)
    new = client_of(world.alice).post(
        f"/api/v1/tiers/{tier.public_id}/revisions", {"terms": terms, "price": {"amount": 5900, "currency": "EUR"}}, format="json"
    )
    answer = post(world, {"revision": old.public_id, "accepted_text": text_hash(old.terms, "en"), "language": "en"}).json()
    assert (answer["code"], answer["current"]) == ("revision_superseded", new.json()["id"])


def test_a_double_click_with_one_key_makes_one_order(world: World) -> None:
    body = wanted(world)
    first, second = (post(world, body, **{"Idempotency-Key": "buy-1"}) for _ in range(2))
    assert first.json() == second.json()
    assert second.headers["Idempotent-Replayed"] == "true"
    assert world.bob.orders.count() == 1


def test_a_double_click_without_a_key_makes_one_order(world: World) -> None:
    body = wanted(world)
    assert post(world, body).json()["id"] == post(world, body).json()["id"]


def minutes_pass(minutes: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkout_order SET created_at = created_at - %s, pay_until = pay_until - %s", [timedelta(minutes=minutes)] * 2
        )


def test_an_order_is_taken_up_again_only_while_its_page_is_open(world: World) -> None:
    body = wanted(world)
    first = post(world, body).json()["id"]
    minutes_pass(40)
    assert post(world, body).json()["id"] == first
    minutes_pass(40)
    assert post(world, body).json()["id"] != first


def test_a_call_that_failed_can_be_repeated_half_an_hour_later(world: World) -> None:
    body = wanted(world)
    with override_settings(STRIPE_API_BASE="http://127.0.0.1:9"):
        assert post(world, body).status_code == 503
    minutes_pass(29)
    assert post(world, body).json()["checkout_url"].startswith("http")
    assert world.bob.orders.count() == 1


def test_somebody_elses_order_is_not_found(world: World) -> None:
    order = post(world, wanted(world)).json()["id"]
    stranger = client_of(world.carol)
    assert stranger.get(f"/api/v1/orders/{order}").status_code == 404
    assert stranger.post(f"/api/v1/orders/{order}/refund", {}, format="json").status_code == 404
    assert stranger.get("/api/v1/orders").json()["results"] == []
    assert client_of(world.alice).get(f"/api/v1/orders/{order}").status_code == 404


def test_a_provider_that_is_away_costs_nothing_and_the_next_click_goes_on(world: World) -> None:
    body = wanted(world)
    with override_settings(STRIPE_API_BASE="http://127.0.0.1:9"):
        answer = post(world, body)
    assert (answer.status_code, answer.json()["code"]) == (503, "payment_unavailable")
    order = post(world, body).json()
    assert order["checkout_url"].startswith("http")
    assert [row.public_id for row in world.bob.orders.all()] == [order["id"]]


def test_a_lost_answer_leads_to_the_same_payment_page(world: World) -> None:
    """The first call reached the provider and its answer did not reach us: the stored key finds the page again."""
    order = shop.open_order(world.bob, world.tier().current)
    Order.objects.filter(pk=order.pk).update(session=None, checkout_url="")
    again = actions.begin_payment(order=Order.objects.get(pk=order.pk))
    assert (again.session, again.checkout_url) == (order.session, order.checkout_url)


def test_a_name_or_an_address_that_changed_after_a_lost_answer_leads_to_another_page(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    Order.objects.filter(pk=order.pk).update(session=None, checkout_url="")
    Offering.objects.filter(pk=order.revision.tier.offering_id).update(name="Lumen, renamed")
    again = actions.begin_payment(order=Order.objects.get(pk=order.pk))
    assert again.checkout_url not in ("", order.checkout_url)
    shop.press(again, "pay")
    assert shop.settle(again).state == "paid"


def test_of_two_pages_that_were_made_meanwhile_the_first_that_was_kept_counts(world: World) -> None:
    revision = world.tier().current
    stale = actions.open_order(buyer=world.bob, revision=revision, accepted_text=text_hash(revision.terms, "en"), language="en")
    first = actions.begin_payment(order=Order.objects.get(pk=stale.pk))
    Offering.objects.filter(pk=stale.revision.tier.offering_id).update(name="Lumen, renamed")
    assert stale.session is None
    assert actions.begin_payment(order=stale).session == first.session


def test_who_asks_while_the_first_answer_is_on_its_way_is_told_to_ask_again(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    purchase = gateway.Purchase(
        uuid4().hex, order.public_id, 4900, "EUR", "Lumen", "bob@example.org", "en", order.pay_until, "https://a.b/", "https://a.b/"
    )
    shop.control(slow=4)
    try:
        with ThreadPoolExecutor(2) as tabs:
            tries = [tabs.submit(gateway.open_page, purchase) for _ in range(2)]
            refusals = [found for each in tries if (found := each.exception())]
    finally:
        shop.control(slow=0)
    assert [getattr(each, "code", each) for each in refusals] == ["payment_unavailable"]
    (page,) = [each.result() for each in tries if each.exception() is None]
    assert gateway.open_page(purchase) == page


def test_the_webhook_finds_an_order_whose_page_we_never_heard_of(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "pay")
    Order.objects.filter(pk=order.pk).update(session=None)
    assert shop.settle(order).state == "paid"


def test_a_paid_page_for_another_amount_puts_the_order_aside(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    purchase = gateway.Purchase(
        **{**vars(actions._purchase(order)), "key": f"other-{world.tag}", "amount": 100}  # what nobody but a thief of our key could do
    )
    Order.objects.filter(pk=order.pk).update(session=None)
    page = gateway.open_page(purchase)
    order.checkout_url = page.url
    shop.press(order, "pay")
    shop.settle(order)
    assert (order.state, order.licence, order.problem) == ("mismatch", None, "amount: ordered 4900, paid 100")
    assert Entry.objects.filter(action="order.mismatch", subject=order.public_id).exists()
    assert not Transaction.objects.filter(subject=order.public_id).exists()


def test_another_page_that_names_our_order_pays_nothing(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    purchase = gateway.Purchase(**{**vars(actions._purchase(order)), "key": f"other-{world.tag}", "amount": 100})
    own, order.checkout_url = order.checkout_url, gateway.open_page(purchase).url
    shop.press(order, "pay")
    assert shop.settle(order).state == "open"
    assert Entry.objects.filter(action="order.foreign_payment", subject=order.public_id).exists()
    order.checkout_url = own
    shop.press(order, "pay")
    assert shop.settle(order).state == "paid"


def test_a_page_left_without_paying_expires(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.stripe("POST", f"checkout/sessions/{order.session}/expire")
    assert shop.settle(order).state == "expired"


def test_every_licence_is_bought_under_the_scope_to_buy(world: World) -> None:
    _, plain = issue_token(user=world.bob, name="reader", scopes=["read"], days=1)
    client = APIClient(headers={"Authorization": f"Bearer {plain}"})
    assert client.post("/api/v1/orders", wanted(world), format="json").json()["code"] == "scope_missing"


def test_a_paid_order_that_is_clicked_again_is_a_second_purchase(world: World) -> None:
    revision = world.tier().current
    first = shop.buy(world.bob, revision)
    assert shop.open_order(world.bob, revision).pk != first.pk
    run_outbox()


def test_nobody_buys_what_is_withdrawn(world: World) -> None:
    revision = world.tier().current
    world.version.state = "withdrawn"
    world.version.save()
    revision.refresh_from_db()
    with pytest.raises(Refused, match="tier_closed"):
        actions.open_order(
            buyer=world.bob,
            revision=type(revision).objects.get(pk=revision.pk),
            accepted_text=text_hash(revision.terms, "en"),
            language="en",
        )
    assert json.loads(json.dumps(client_of(world.bob).get("/api/v1/orders").json()))["results"] == []
