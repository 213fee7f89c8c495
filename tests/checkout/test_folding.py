"""Whatever the order in which events come, and however far the provider has gone on meanwhile: one state."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import count, permutations
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atelier.checkout import actions, folding, gateway
from atelier.checkout.gateway import Payment
from atelier.checkout.models import Order, PaymentEvent
from atelier.kit.models import Message
from atelier.kit.refused import Refused
from atelier.ledger import queries as ledger
from atelier.ledger.models import Posting, signed
from atelier.licences import actions as licences
from licensing.text import text_hash
from tests.visits import signed_in
from tests.world import World

pytestmark = pytest.mark.django_db
NUMBERS = count()
PRICE = 4900
# What a provider of this kind takes for a dispute is booked a moment after its first event, and given back with one that is won.
BOOKED = {"under_review": [1500], "lost": [1500], "won": [1500, -1500]}


@dataclass(frozen=True)
class Step:
    """Something that happens at the provider: the event that tells of it, and how its books change."""

    type: str
    thing: dict[str, Any]
    facts: dict[str, Any]


def session(**facts: Any) -> Step:
    return Step("checkout.session.completed", {"object": "checkout.session", "id": "cs_own"}, {"paid": True, "received": PRICE, **facts})


def refund(so_far: int) -> Step:
    return Step("charge.refunded", {"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, {"refunded": so_far})


def dispute(status: str, name: str = "dp_1", amount: int = PRICE) -> Step:
    event = "closed" if status in ("won", "lost", "warning_closed") else "created" if status == "needs_response" else "updated"
    lines = [{"fee": fee} for fee in BOOKED.get(status, [])]
    thing = {"object": "dispute", "id": name, "status": status, "amount": amount, "payment_intent": "pi_1", "balance_transactions": lines}
    return Step(f"charge.dispute.{event}", thing, {})


FEE = Step("charge.updated", {"object": "charge", "id": "ch_1", "payment_intent": "pi_1"}, {"fee": 99})
STORIES = {
    "paid": [session(), FEE],
    "won": [session(), FEE, dispute("needs_response"), dispute("under_review"), dispute("won")],
    "lost": [session(), dispute("needs_response"), FEE, dispute("lost")],
    "in parts": [session(), FEE, refund(1000), refund(1777), refund(PRICE)],
    "all at once": [session(), refund(PRICE), FEE],
    "part, then disputed and lost": [session(), FEE, refund(1000), dispute("needs_response", amount=3900), dispute("lost", amount=3900)],
    "lost, then refunded too": [session(), FEE, dispute("lost"), refund(PRICE)],
    "two disputes": [
        session(),
        FEE,
        dispute("needs_response"),
        dispute("won"),
        dispute("needs_response", "dp_2"),
        dispute("under_review", "dp_2"),
    ],
    "inquiry": [session(), FEE, dispute("warning_needs_response"), dispute("warning_closed")],
}
ENDS = {
    "paid": ("paid", "active"),
    "won": ("paid", "active"),
    "lost": ("lost", "revoked"),
    "in parts": ("refunded", "revoked"),
    "all at once": ("refunded", "revoked"),
    "part, then disputed and lost": ("lost", "revoked"),
    "lost, then refunded too": ("refunded", "revoked"),
    "two disputes": ("paid", "suspended"),
    "inquiry": ("paid", "active"),
}
TAKEN = {"lost": 1500, "part, then disputed and lost": 1500, "lost, then refunded too": 1500, "two disputes": 1500}


def taken() -> int:
    """What all disputes have cost, as the books say."""
    fees = Posting.objects.filter(transaction__kind="dispute_fee", account__kind="fees")
    return fees.aggregate(total=Sum(signed()))["total"] or 0


class RolledBack(Exception):
    pass


@contextmanager
def rolled_back() -> Iterator[None]:
    try:
        with transaction.atomic():
            yield
            raise RolledBack
    except RolledBack:
        pass


@dataclass
class Shop:
    """One order at a provider whose books we write."""

    order: Order
    payment: Payment

    def deliver(self, step: Step) -> None:
        thing = {**step.thing, "metadata": {} if step.type.startswith("charge.dispute") else {"order": self.order.public_id}}
        body = {"id": f"evt_{next(NUMBERS)}", "type": step.type, "created": 1, "livemode": False, "data": {"object": thing}}
        actions.receive(text=json.dumps(body))
        folding.fold(event=PaymentEvent.objects.get(event=body["id"]).pk)

    def outcome(self) -> tuple[Any, ...]:
        self.order.refresh_from_db()
        postings = Posting.objects.filter(transaction__subject=self.order.public_id)
        balances = dict(postings.values_list("account__kind").annotate(total=Sum(signed())).order_by("account__kind"))
        licence = self.order.licence
        assert licence is not None
        return self.order.state, licence.state, self.order.dispute, self.order.refunded, self.order.returned, taken(), balances


Play = Callable[[list[Step], list[int], list[int]], tuple[Any, ...]]


@pytest.fixture
def play(world: World, monkeypatch: pytest.MonkeyPatch) -> Play:
    """Plays a story: its steps are delivered in `order`; before each, the provider has gone on by `ahead` further steps."""
    world.version.titles.create(studio=world.studio, name="Another title")
    revision, bob = world.tier(price=PRICE).current, world.bob
    shops: list[Shop] = []
    monkeypatch.setattr(gateway, "payment", lambda page: shops[-1].payment)

    def run(story: list[Step], order: list[int], ahead: list[int]) -> tuple[Any, ...]:
        row = actions.open_order(buyer=bob, revision=revision, accepted_text=text_hash(revision.terms, "en"), language="en")
        Order.objects.filter(pk=row.pk).update(session="cs_own")
        shop = Shop(row, Payment("cs_own", row.public_id, PRICE, "EUR", False, False, False, "pi_1", 0, None, 0))
        shops.append(shop)
        done = 0
        for place, further in zip(order, ahead, strict=True):
            until = min(len(story), max(done, place + 1) + further)
            for step in story[done:until]:
                shop.payment = replace(shop.payment, **step.facts)
            done = until
            shop.deliver(story[place])
        assert not ledger.unbalanced().exists()
        assert not ledger.astray().exists()
        return shop.outcome()

    return run


def in_order(story: list[Step]) -> tuple[list[int], list[int]]:
    return list(range(len(story))), [0] * len(story)


@pytest.mark.parametrize("name", STORIES)
def test_a_story_told_in_order_ends_as_it_should(play: Play, name: str) -> None:
    outcome = play(STORIES[name], *in_order(STORIES[name]))
    assert (outcome[:2], outcome[-2]) == (ENDS[name], TAKEN.get(name, 0))


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), name=st.sampled_from(list(STORIES)))
def test_every_order_of_events_folds_to_the_same_state(play: Play, name: str, data: st.DataObject) -> None:
    story = STORIES[name]
    places = list(range(len(story)))
    repeated = data.draw(st.lists(st.sampled_from(places), max_size=3))
    order = data.draw(st.permutations(places + repeated))
    ahead = data.draw(st.lists(st.integers(0, 2), min_size=len(order), max_size=len(order)))
    outcomes = []
    for told, further in (in_order(story), (order, ahead)):
        with rolled_back():
            outcomes.append(play(story, told, further))
    assert outcomes[0] == outcomes[1]


def test_all_twenty_four_orders_of_a_disputed_sale_end_alike(play: Play) -> None:
    story, ends = STORIES["lost"], set()
    for order in permutations(range(len(story))):
        with rolled_back():
            ends.add(json.dumps(play(story, list(order), [0] * len(story)), sort_keys=True))
    assert len(ends) == 1


def test_a_whole_return_cent_by_cent_leaves_only_the_fee_as_our_cost(play: Play, world: World) -> None:
    story = [session(), FEE, refund(1), refund(2), refund(3), refund(PRICE)]
    *_, balances = play(story, *in_order(story))
    assert balances == {"payments": 0, "platform": 0, "studio": 0, "fees": 99, "refunds": -99}
    assert [ledger.balance("studio", "EUR", title.pk) for title in world.version.titles.all()] == [0, 0]


def test_a_sale_whose_fee_is_not_known_yet_is_granted_and_looked_at_again(play: Play) -> None:
    state, licence, *_, balances = play([session()], [0], [0])
    assert (state, licence, balances) == ("paid", "active", {})
    assert Message.objects.filter(name="checkout.follow", done_at=None).exists()


def test_what_a_studio_suspended_it_ends_itself_and_not_before_the_bank_has_decided(play: Play, world: World) -> None:
    play([session(), FEE], [0, 1], [0, 0])
    order = Order.objects.get(buyer=world.bob)
    assert order.licence is not None
    licences.suspend(licence=order.licence, reason="credits missing", by=world.alice.id)
    shop = Shop(order, gateway.payment("cs_own"))
    shop.deliver(dispute("needs_response"))
    with pytest.raises(Refused, match="payment_open"):
        licences.restore(licence=order.licence, reason="the credits are there", by=world.alice.id)
    page = f"/en/studio/{world.studio.public_id}/licences/{order.licence.public_id}"
    questioned = signed_in(world.alice).get(page).content.decode()
    assert "You can restore it once that is settled." in questioned and f"{page}/restore" not in questioned
    shop.deliver(dispute("won"))
    assert f"{page}/restore" in signed_in(world.alice).get(page).content.decode()
    assert shop.outcome()[:2] == ("paid", "suspended")
    licences.restore(licence=order.licence, reason="the credits are there", by=world.alice.id)
    assert shop.outcome()[:2] == ("paid", "active")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"amount": 1}, "amount: ordered 4900, paid 1"),
        ({"received": 4899}, "amount received: ordered 4900, paid 4899"),
        ({"currency": "USD"}, "currency: ordered EUR, paid USD"),
        ({"livemode": True}, "mode: ordered False, paid True"),
        ({"order": "ord_other"}, "order: ordered "),
        ({"session": "cs_other"}, "page: ordered cs_own, paid cs_other"),
    ],
)
def test_a_payment_that_is_not_as_ordered_grants_nothing(play: Play, world: World, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(AssertionError):
        play([replace(session(), facts={"paid": True, "received": PRICE, **wrong})], [0], [0])
    order = Order.objects.get(buyer=world.bob)
    assert (order.state, order.licence) == ("mismatch", None)
    assert order.problem.startswith(said)
