"""Clicks, deliveries and refunds at the same moment, on committed rows."""

import json
import threading
from functools import partial
from typing import Any

from django.db import connection

from atelier.catalog.models import BaseFile
from atelier.checkout import actions, folding, queries
from atelier.checkout.models import PaymentEvent
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.ledger import queries as ledger
from atelier.licences import actions as licences
from atelier.licences.models import Licence
from licensing.text import text_hash
from tests.threads import together
from tests.world import World, run_outbox

from . import shop


def test_ten_clicks_at_once_make_one_order(committed: World) -> None:
    bob, revision, found = committed.bob, committed.tier().current, list[str]()
    hashed = text_hash(revision.terms, "en")

    def click() -> None:
        found.append(actions.open_order(buyer=bob, revision=revision, accepted_text=hashed, language="en").public_id)

    together(*[click] * 10)
    assert (len(found), len(set(found))) == (10, 1)


def test_the_same_tier_accepted_in_two_languages_at_once_is_one_order(committed: World) -> None:
    bob, revision, found = committed.bob, committed.tier().current, list[str]()

    def accept(language: str) -> None:
        hashed = text_hash(revision.terms, language)
        found.append(actions.open_order(buyer=bob, revision=revision, accepted_text=hashed, language=language).public_id)

    together(*(partial(accept, language) for language in ("fr", "en")))
    assert (len(found), len(set(found))) == (2, 1)
    order = bob.orders.get()
    assert order.accepted_text == text_hash(revision.terms, order.language)


def test_all_events_of_a_sale_delivered_and_folded_at_once_have_one_effect(committed: World) -> None:
    order = shop.open_order(committed.bob, committed.tier().current)
    shop.press(order, "pay")
    bodies, statuses = [json.dumps(event) for event in shop.events_of(order)], list[int]()
    together(*(lambda body=body: statuses.append(shop.deliver(body)) for body in bodies * 3))
    assert set(statuses) == {200}
    rows = list(PaymentEvent.objects.filter(order=order.public_id).values_list("pk", flat=True))
    assert len(rows) == len(bodies)
    together(*(lambda pk=pk: folding.fold(event=pk) for pk in rows * 2))
    run_outbox()
    order.refresh_from_db()
    assert (order.state, committed.bob.licences.count()) == ("paid", 1)
    assert not ledger.unbalanced().exists()
    assert not ledger.astray().exists()


def test_a_refund_asked_for_in_two_tabs_is_made_once(committed: World) -> None:
    order, answers = shop.buy(committed.bob, committed.tier().current), list[str]()

    def ask() -> None:
        try:
            answers.append(actions.ask_refund(order=order, by=committed.bob).state)
        except Refused as no:
            answers.append(no.code)

    together(*[ask] * 6)
    run_outbox()
    assert sorted(answers) == ["asked"] + ["over_refund"] * 5
    assert shop.settle(order).refunded == order.amount


def test_the_base_is_not_downloaded_while_its_licence_is_given_back(committed: World, monkeypatch: Any) -> None:
    """Between the look whether the licence was used and its end nobody uses it: the money and the files are not both hers."""
    order, answers = shop.buy(committed.bob, committed.tier(may_download_base=True).current), list[str]()
    BaseFile.objects.create(version=committed.version, path="x", key=f"bases/{committed.tag}/x", bytes=1, sha256="0" * 64, complete=True)
    monkeypatch.setattr(store, "require", lambda where, key: None)

    def download() -> None:
        try:
            licences.hand_base(licence=Licence.objects.get(pk=order.licence_id), by=committed.bob)
            answers.append("taken")
        except Refused as no:
            answers.append(no.code)
        finally:
            connection.close()

    taking, look = threading.Thread(target=download), queries.untouched

    def looked(licence: Licence) -> bool:
        found = look(licence)
        taking.start()
        taking.join(2)
        return found

    monkeypatch.setattr(queries, "untouched", looked)
    actions.ask_refund(order=order, by=committed.bob)
    taking.join()
    assert answers == ["SUSPENDED"]
