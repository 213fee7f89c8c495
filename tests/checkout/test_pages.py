"""Buying on pages: what is shown before, accepted, and what the order's page makes of the payment provider's word."""

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client, override_settings

from atelier.catalog.models import Tier, TierRevision
from atelier.checkout.models import Order, Refund
from licensing.terms import Terms
from licensing.text import text_hash
from tests.world import World, run_outbox

from . import shop

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "en")


@pytest.fixture
def tier(world: World) -> Tier:
    return world.tier()


@pytest.fixture
def bob(world: World, client: Client) -> Client:
    client.force_login(world.bob)
    return client


def prefix(language: str) -> str:
    return "/en" if language == "en" else ""


def form(tier: Tier, language: str = "en", **changes: str) -> dict[str, str]:
    revision = tier.current
    return {"revision": revision.public_id, "text": text_hash(revision.terms, language), "accept": "on", **changes}


def buy(client: Client, tier: Tier, **changes: str) -> Any:
    return client.post(f"/en/tiers/{tier.public_id}/buy", form(tier, **changes))


def text_of(answer: Any) -> str:
    return str(answer.content.decode())


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return text_of(answer)


def minutes_pass(minutes: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE checkout_order SET created_at = created_at - %s, pay_until = pay_until - %s", [timedelta(minutes=minutes)] * 2
        )


def revise(tier: Tier, price: int = 5900, **changes: Any) -> None:
    terms = Terms.from_dict({**tier.current.terms_json, **changes})
    number = tier.current.number + 1
    TierRevision.objects.create(
        tier=tier, number=number, terms_json=terms.to_dict(), terms_id=terms.id, price_amount=price, price_currency="EUR"
    )


def test_who_is_not_signed_in_signs_in_and_comes_back_here(client: Client, tier: Tier) -> None:
    where = f"/en/tiers/{tier.public_id}/buy"
    answer = client.get(where)
    assert answer.status_code == 302 and answer["Location"].endswith(f"?next={where}")
    assert f'href="{where}"' in read(client, f"/en/tiers/{tier.public_id}")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_summary_says_what_is_bought_and_exactly_what_is_accepted(bob: Client, tier: Tier, world: World, language: str) -> None:
    page = read(bob, f"{prefix(language)}/tiers/{tier.public_id}/buy")
    hashed = text_hash(tier.current.terms, language)
    assert page.count(hashed) == 2  # to read, and in the form
    assert world.offering.name in page and world.studio.name in page and "49" in page
    assert hashed in read(bob, f"{prefix(language)}/tiers/{tier.public_id}/text")


def test_an_accepted_tier_becomes_one_order_and_leads_to_the_payment_page(bob: Client, tier: Tier, world: World) -> None:
    answer = buy(bob, tier)
    order = Order.objects.get(buyer=world.bob)
    assert (answer.status_code, answer["Location"]) == (302, order.checkout_url)
    assert (order.accepted_text, order.language) == (text_hash(tier.current.terms, "en"), "en")
    again = buy(bob, tier)
    assert again["Location"] == order.checkout_url and Order.objects.count() == 1


def test_a_tier_accepted_again_in_the_other_language_leads_back_to_the_open_order(bob: Client, tier: Tier, world: World) -> None:
    bob.post(f"/tiers/{tier.public_id}/buy", form(tier, "fr"))
    order = world.bob.orders.get()
    again = buy(bob, tier)
    assert again["Location"] == order.checkout_url and Order.objects.count() == 1
    order.refresh_from_db()
    assert (order.accepted_text, order.language) == (text_hash(tier.current.terms, "fr"), "fr")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_payment_page_leads_back_to_the_order_in_its_language(world: World, tier: Tier, language: str) -> None:
    order = shop.open_order(world.bob, tier.current, language)
    page = shop.stripe("GET", f"checkout/sessions/{order.session}")
    back = f"{prefix(language)}/orders/{order.public_id}"
    assert page["success_url"].endswith(f"{back}?paid=1") and page["cancel_url"].endswith(back)


def test_without_acceptance_nothing_is_ordered(bob: Client, tier: Tier) -> None:
    answer = buy(bob, tier, accept="")
    assert answer.status_code == 422 and "Without your acceptance there is no licence" in text_of(answer)
    assert not Order.objects.exists()


def test_a_tier_that_was_revised_meanwhile_is_shown_anew_with_what_changed(bob: Client, tier: Tier) -> None:
    sent = form(tier)
    revise(tier, max_steps=5)
    answer = bob.post(f"/en/tiers/{tier.public_id}/buy", sent)
    page = text_of(answer)
    assert answer.status_code == 409 and not Order.objects.exists()
    for words in ("has changed this tier", "at most 2,000 steps", "at most 5 steps", "€49", "€59", text_hash(tier.current.terms, "en")):
        assert words in page, words
    assert "checked" not in page
    assert buy(bob, tier).status_code == 302


def test_a_text_of_another_language_is_not_accepted_by_this_page(bob: Client, tier: Tier) -> None:
    answer = buy(bob, tier, text=text_hash(tier.current.terms, "fr"))
    assert answer.status_code == 409 and "not the one you were shown" in text_of(answer)
    assert not Order.objects.exists()


@pytest.mark.parametrize("revision", ["", "rev_1", "rev_" + "0" * 32, "tir_x"])
def test_a_revision_that_never_was_orders_nothing(bob: Client, tier: Tier, revision: str) -> None:
    assert buy(bob, tier, revision=revision).status_code in (404, 409, 422)
    assert not Order.objects.exists()


def test_a_tier_that_is_closed_is_not_sold(bob: Client, tier: Tier) -> None:
    Tier.objects.filter(pk=tier.pk).update(open=False)
    assert buy(bob, tier).status_code == 409
    page = bob.get(f"/en/tiers/{tier.public_id}/buy")
    assert page.status_code == 409 and "no longer on sale" in text_of(page)


def test_who_holds_the_licence_already_is_told_before_paying_again(bob: Client, world: World, tier: Tier) -> None:
    order = shop.buy(world.bob, tier.current)
    assert order.licence and f"/en/licences/{order.licence.public_id}" in read(bob, f"/en/tiers/{tier.public_id}/buy")
    answer = buy(bob, tier)
    assert answer.status_code == 422 and "You hold this licence already" in text_of(answer)
    assert Order.objects.count() == 1
    assert buy(bob, tier, again="on").status_code == 302
    assert Order.objects.count() == 2


def test_back_and_pressed_again_after_paying_leads_to_the_order_and_not_to_a_second_one(bob: Client, world: World, tier: Tier) -> None:
    buy(bob, tier)
    order = Order.objects.get(buyer=world.bob)
    shop.press(order, "pay")  # and the provider's message has not come yet
    answer = buy(bob, tier)
    assert answer["Location"] == f"/en/orders/{order.public_id}" and Order.objects.count() == 1
    run_outbox()
    order.refresh_from_db()
    assert order.state == "paid"  # asked once, the provider's books say so


def test_a_form_sent_after_the_session_ended_is_found_again(client: Client, world: World, tier: Tier) -> None:
    where = f"/en/tiers/{tier.public_id}/buy"
    assert client.post(where, form(tier)).status_code == 302
    client.force_login(world.bob)
    assert "checked" in read(client, where)
    assert "checked" not in read(client, where)
    assert not Order.objects.exists()


def test_a_provider_that_is_away_costs_nothing_and_is_asked_again_from_the_order(bob: Client, world: World, tier: Tier) -> None:
    with override_settings(STRIPE_API_BASE="http://127.0.0.1:9"):
        answer = buy(bob, tier)
    order = Order.objects.get(buyer=world.bob)
    assert answer["Location"] == f"/en/orders/{order.public_id}"
    page = read(bob, answer["Location"])
    assert "could not be opened" in page and "Nothing was charged; try again" in page
    order.refresh_from_db()
    assert bob.post(f"/en/orders/{order.public_id}/pay")["Location"].startswith("http")
    minutes_pass(40)
    Order.objects.update(session=None)
    assert "This order was not paid" in read(bob, answer["Location"])
    assert bob.post(f"/en/orders/{order.public_id}/pay")["Location"] == f"/en/orders/{order.public_id}"


def told(client: Client, order: Order, query: str = "") -> str:
    return read(client, f"/en/orders/{order.public_id}{query}")


def test_coming_back_from_the_payment_page_grants_nothing_and_follows_the_providers_word(bob: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    assert "Waiting for your payment" in told(bob, order)
    page = told(bob, order, "?paid=1")
    assert "being confirmed" in page and "live.js" in page and order.licence is None
    state = f"/en/orders/{order.public_id}/state"
    mark = page.split("state?mark=")[1].split('"')[0]
    assert bob.get(state, {"mark": mark}).status_code == 204
    shop.press(order, "pay")
    shop.settle(order)
    answer = bob.get(state, {"mark": mark})
    assert answer.status_code == 200 and "The licence is yours" in text_of(answer) and "hx-get" not in text_of(answer)
    assert "The licence is yours" in told(bob, order) and "live.js" not in told(bob, order)


def test_a_confirmation_that_is_late_says_so(bob: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    told(bob, order, "?paid=1")
    session = bob.session
    session["came_back_from_paying"] = {order.public_id: (order.created_at - timedelta(minutes=3)).isoformat()}
    session.save()
    page = told(bob, order)
    assert "confirmation is late" in page and "do not pay again" in page and "state?mark=" in page


def test_a_reader_who_signed_out_meanwhile_keeps_the_page_she_has(client: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    assert client.get(f"/en/orders/{order.public_id}/state").status_code == 204
    client.force_login(world.carol)
    assert client.get(f"/en/orders/{order.public_id}/state").status_code == 404


def test_a_declined_card_costs_nothing_and_the_same_page_can_be_tried_again(bob: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    shop.press(order, "decline")
    shop.settle(order)
    page = told(bob, order)
    assert "Nothing has been charged" in page
    assert bob.post(f"/en/orders/{order.public_id}/pay")["Location"] == order.checkout_url


def test_each_end_of_an_order_is_told_in_words(bob: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    for state, words in (("expired", "Nothing was charged"), ("mismatch", "please do not pay again")):
        Order.objects.filter(pk=order.pk).update(state=state, problem="amount: ordered 4900, paid 100")
        assert words in told(bob, order), state
    paid = shop.buy(world.bob, tier.current)
    assert paid.licence
    Order.objects.filter(pk=paid.pk).update(dispute="open")
    assert "questioned the payment" in told(bob, paid)
    Order.objects.filter(pk=paid.pk).update(state="lost")
    assert "Your bank took the payment back" in told(bob, paid)


def test_a_page_left_without_paying_offers_the_licence_anew(bob: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    shop.stripe("POST", f"checkout/sessions/{order.session}/expire")
    shop.settle(order)
    assert "left without paying" in told(bob, order) and f"/en/tiers/{tier.public_id}/buy" in told(bob, order)


def test_giving_back_says_what_happens_and_ends_the_licence(bob: Client, world: World, tier: Tier) -> None:
    world.bob.language = "en"
    world.bob.save()
    order = shop.buy(world.bob, tier.current)
    where = f"/en/orders/{order.public_id}/give-back"
    assert where in told(bob, order) and "stops at once" in read(bob, where)
    assert bob.post(where, {"reason": "too small"}).status_code == 422
    assert not Refund.objects.exists()
    mail.outbox.clear()
    assert bob.post(where, {"reason": "too small", "sure": "on"})["Location"] == f"/en/orders/{order.public_id}"
    assert "on its way back" in told(bob, order)
    run_outbox()
    shop.settle(order)
    assert "Paid back" in told(bob, order)
    assert [message.subject for message in mail.outbox] == ["€49 is on its way back to you"]
    assert bob.post(where, {"sure": "on"})["Location"] == f"/en/orders/{order.public_id}"
    assert Refund.objects.count() == 1


def test_a_used_licence_cannot_be_given_back_and_the_page_says_why(bob: Client, world: World, tier: Tier) -> None:
    order = shop.buy(world.bob, tier.current)
    type(order.licence).objects.filter(pk=order.licence_id).update(base_taken_at=order.created_at)  # type: ignore[union-attr]
    page = told(bob, order)
    assert "The licence has been used" in page and "give-back" not in page
    where = f"/en/orders/{order.public_id}/give-back"
    assert bob.get(where)["Location"] == bob.post(where, {"sure": "on"})["Location"] == f"/en/orders/{order.public_id}"
    assert not Refund.objects.exists()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_invoice_names_what_it_knows_and_says_what_it_does_not(bob: Client, world: World, tier: Tier, language: str) -> None:
    order = shop.buy(world.bob, tier.current)
    page = read(bob, f"{prefix(language)}/orders/{order.public_id}/invoice")
    assert order.licence
    for words in (order.public_id, order.licence.public_id, world.bob.email, world.studio.name, "49"):
        assert words in page, words
    if language == "en":
        assert "has not entered a legal name" in page


def test_there_is_no_invoice_before_the_payment(bob: Client, world: World, tier: Tier) -> None:
    order = shop.open_order(world.bob, tier.current)
    answer = bob.get(f"/en/orders/{order.public_id}/invoice", follow=True)
    assert answer.redirect_chain and "as soon as the order is paid" in text_of(answer)


def test_the_orders_are_the_buyers_own_with_what_to_do_next(bob: Client, world: World, tier: Tier) -> None:
    assert "No orders yet" in read(bob, "/en/orders")
    paid, open_ = shop.buy(world.bob, tier.current), shop.open_order(world.bob, world.tier().current)
    hers = shop.open_order(world.carol, tier.current)
    page = read(bob, "/en/orders")
    assert f"/en/orders/{paid.public_id}/invoice" in page and open_.public_id in page and "Go on paying" in page
    assert hers.public_id not in page


@pytest.mark.parametrize("path", ["", "/pay", "/give-back", "/invoice", "/state"])
def test_somebody_elses_order_is_not_there(client: Client, world: World, tier: Tier, path: str) -> None:
    order = shop.open_order(world.bob, tier.current)
    for person in (world.carol, world.alice):
        client.force_login(person)
        for method in (client.get, client.post):
            assert method(f"/en/orders/{order.public_id}{path}").status_code in (404, 405)


def test_a_refused_refund_is_told_by_mail_and_on_the_order(bob: Client, world: World, tier: Tier) -> None:
    world.bob.language = "en"
    world.bob.save()
    order = shop.buy(world.bob, tier.current)
    Order.objects.filter(pk=order.pk).update(payment_intent="pi_unknown")
    mail.outbox.clear()
    bob.post(f"/en/orders/{order.public_id}/give-back", {"sure": "on"})
    run_outbox()
    assert Refund.objects.get().state == "failed" and "did not go through" in mail.outbox[-1].subject
    page = told(bob, order)
    assert "did not go through" in page and "The licence is yours" in page and "give-back" in page


def test_the_list_asks_the_database_no_more_for_more_orders(
    bob: Client, world: World, tier: Tier, django_assert_max_num_queries: Any
) -> None:
    for _ in range(4):
        shop.open_order(world.bob, world.tier().current)
    with django_assert_max_num_queries(16):
        bob.get("/en/orders")
