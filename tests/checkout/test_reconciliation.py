"""The hourly comparison: what webhooks lost is fetched, what the books tell otherwise is listed."""

from datetime import timedelta

import httpx
import pytest
from django.conf import settings
from django.db import connection

from atelier.checkout.actions import ask_refund, open_order
from atelier.checkout.models import Order, Reconciliation
from atelier.checkout.tasks import reconcile
from atelier.kit.models import Message
from atelier.ledger.actions import Move, account, post
from atelier.ledger.models import Kind
from licensing.text import text_hash
from tests.world import World, run_outbox

from . import shop

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def empty_provider(db: None) -> None:
    """What earlier tests bought was rolled back here, but not there."""
    httpx.post(f"{settings.STRIPE_API_BASE}/_control", json={"forget": True}, trust_env=False).raise_for_status()


def test_a_sale_whose_webhooks_were_all_lost_is_found(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "pay")
    assert reconcile() == []
    run_outbox()
    order.refresh_from_db()
    assert order.state == "paid"
    assert reconcile() == []
    first, second = Reconciliation.objects.order_by("created_at")
    assert first.fed > 0
    assert (second.fed, second.since < first.until) == (0, True)


def test_a_refund_whose_webhook_was_lost_is_found(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    shop.stripe("POST", "refunds", {"payment_intent": order.payment_intent})
    assert reconcile() == []
    run_outbox()
    order.refresh_from_db()
    assert order.state == "refunded"
    assert reconcile() == []


def test_a_payment_that_no_order_explains_is_listed(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "pay")
    Order.objects.filter(pk=order.pk).delete()
    reconcile()
    run_outbox()
    [difference] = reconcile()
    assert difference.pop("payment").startswith("pi_")
    assert difference == {"order": order.public_id, "page": order.session, "what": "sale", "ours": 0, "theirs": 4900}
    assert Reconciliation.objects.order_by("-created_at")[0].differences[0].items() > difference.items()


def test_a_posting_that_no_payment_explains_is_listed(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    move = Move(account(Kind.PLATFORM, "EUR"), account(Kind.PAYMENTS, "EUR"), 5)
    post(kind="return", key=f"forged:{order.id}", subject=order.public_id, moves=[move])
    [difference] = reconcile()
    assert (difference["what"], difference["ours"], difference["theirs"]) == ("paid back", 5, 0)


def test_a_sale_that_the_provider_does_not_know_is_listed(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    Order.objects.filter(pk=order.pk).update(session="cs_test_forged")
    found = [difference["what"] for difference in reconcile()]
    assert "a sale that the provider does not know" in found


def test_nothing_is_told_twice_while_events_wait(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "pay")
    reconcile()
    reconcile()
    assert Message.objects.filter(name="checkout.fold", done_at=None).count() == len({event["id"] for event in shop.events_of(order)})


def test_what_an_outage_outlasted_is_taken_up_again(world: World) -> None:
    order = shop.open_order(world.bob, world.tier().current)
    shop.press(order, "pay")
    reconcile()
    Message.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE checkout_paymentevent DISABLE TRIGGER checkout_paymentevent_rows")
        cursor.execute("UPDATE checkout_paymentevent SET received_at = received_at - interval '10 minutes'")
        cursor.execute("ALTER TABLE checkout_paymentevent ENABLE TRIGGER checkout_paymentevent_rows")
    assert reconcile() == []
    run_outbox()
    order.refresh_from_db()
    assert order.state == "paid"


def test_a_refund_too_old_to_be_sent_again_is_listed_and_not_sent(world: World) -> None:
    order = shop.buy(world.bob, world.tier().current)
    ask_refund(order=order, by=world.bob)
    Message.objects.all().delete()
    with connection.cursor() as cursor:
        cursor.execute("UPDATE checkout_refund SET created_at = created_at - interval '1 day'")
    assert reconcile() == [{"order": order.public_id, "what": "a refund that was never sent"}]
    assert run_outbox() == 0


def test_an_order_whose_page_never_opened_expires(world: World) -> None:
    revision = world.tier().current
    order = open_order(buyer=world.bob, revision=revision, accepted_text=text_hash(revision.terms, "en"), language="en")
    Order.objects.filter(pk=order.pk).update(pay_until=order.pay_until - timedelta(hours=2))
    reconcile()
    order.refresh_from_db()
    assert order.state == "expired"
