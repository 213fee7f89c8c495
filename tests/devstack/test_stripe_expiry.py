"""A session that nobody pays ends by itself, whoever asks next. Without the server: half an hour is too long for a test."""

import pytest

from atelier.devstack.stripe import checkout
from atelier.devstack.stripe.forms import parse
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.store import Store, Thing

LINE = "line_items[0][quantity]=1&line_items[0][price_data][currency]=eur&line_items[0][price_data][unit_amount]=4900"
FORM = f"mode=payment&success_url=http://127.0.0.1/ok&{LINE}&line_items[0][price_data][product_data][name]=Tier"


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def session(store: Store) -> Thing:
    return checkout.create(store, Params(parse(FORM)), "http://127.0.0.1")


def test_an_overdue_session_expires_and_says_so(store: Store, session: Thing) -> None:
    session["expires_at"] = session["created"] - 1
    checkout.expire_overdue(store)
    assert session["status"] == "expired"
    assert [event["type"] for event in store.commit()] == ["checkout.session.expired"]


def test_a_session_in_time_stays_open(store: Store, session: Thing) -> None:
    checkout.expire_overdue(store)
    assert (session["status"], store.commit()) == ("open", [])


def test_a_paid_session_does_not_expire(store: Store, session: Thing) -> None:
    checkout.pay(store, session, "pm_card_visa", None, "http://127.0.0.1")
    session["expires_at"] = 0
    checkout.expire_overdue(store)
    assert session["status"] == "complete"
