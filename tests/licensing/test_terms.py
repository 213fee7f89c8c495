import json
from dataclasses import FrozenInstanceError, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.money import Money
from licensing.terms import BadTerms, Terms
from tests.licensing.cases import GENEROUS, MIDDLING, PATIENT, STERN, SWIFT, terms

PINNED = [
    "sha256:5b409d05de8b97f5dddb19aa7a60f9f82378f421f382dd5901020842b298d553",
    "sha256:ca79027c2094a4eb97f82a1e82598926ee30cb6a548b74d6a6e65445514d358a",
    "sha256:30faaf297c8c60c85cc4cbdc339688e87503be4fff945a7fad589421835a1ae2",
    "sha256:25d118f91f80dc3e0bc15845436e53c81ff1ec47d82b6ff1e25ea963edf6f495",
    "sha256:2542352b43d87d517152759dba142322042e80c83d5d590b2c0803d6098ae5c8",
]

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["WORLD", "FR", "EUR", "none", "web"]),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5) | st.sampled_from(["amount", "currency"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@given(terms)
def test_what_is_written_reads_back_as_the_same_terms(value: Terms) -> None:
    read = Terms.from_dict(json.loads(value.canonical()))
    assert read == value
    assert read.id == value.id


@given(terms, st.randoms(use_true_random=False))
def test_neither_order_nor_repetition_changes_the_id(value: Terms, random: Random) -> None:
    def shuffled(item: Any) -> Any:
        return random.sample(item + item, 2 * len(item)) if isinstance(item, list) else item

    fields = list(value.to_dict().items())
    random.shuffle(fields)
    assert Terms.from_dict({name: shuffled(item) for name, item in fields}).id == value.id


@given(terms, terms)
def test_different_terms_have_different_ids(one: Terms, other: Terms) -> None:
    assert (one == other) == (one.id == other.id)


def test_the_ids_of_known_terms_never_change() -> None:
    assert [value.id for value in (GENEROUS, MIDDLING, STERN, SWIFT, PATIENT)] == PINNED


def test_terms_of_the_first_version_say_nothing_of_the_line() -> None:
    said = MIDDLING.to_dict()
    assert "priority" not in said and "concurrent_trainings" not in said
    read = Terms.from_dict(said)
    assert (read.version, read.priority, read.concurrent_trainings) == (1, False, None)


@pytest.mark.parametrize(("name", "value"), [("priority", True), ("priority", False), ("concurrent_trainings", 1)])
def test_a_field_that_came_later_is_refused_in_terms_of_the_first_version(name: str, value: object) -> None:
    with pytest.raises(BadTerms) as refusal:
        Terms.from_dict(MIDDLING.to_dict() | {name: value})
    assert refusal.value.field == name


@pytest.mark.parametrize(("name", "value"), [("priority", True), ("concurrent_trainings", 1)])
def test_nor_can_the_first_version_be_given_one(name: str, value: object) -> None:
    with pytest.raises(BadTerms) as refusal:
        replace(MIDDLING, **{name: value})
    assert refusal.value.field == name


def test_one_title_spelled_in_two_ways_of_unicode_gives_one_id() -> None:
    composed, decomposed = replace(GENEROUS, titles_excluded=("\u00c9t\u00e9",)), replace(GENEROUS, titles_excluded=("E\u0301te\u0301",))
    assert composed == decomposed


def test_terms_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        GENEROUS.seats = 6


@pytest.mark.parametrize("name", SWIFT.to_dict())
def test_every_field_must_be_there(name: str) -> None:
    data = SWIFT.to_dict()
    del data[name]
    with pytest.raises(BadTerms) as refusal:
        Terms.from_dict(data)
    assert refusal.value.field == name


def test_a_field_that_does_not_exist_is_refused_by_name() -> None:
    with pytest.raises(BadTerms) as refusal:
        Terms.from_dict(GENEROUS.to_dict() | {"may_fly": True})
    assert refusal.value.field == "may_fly"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("version", 3),
        ("version", 0),
        ("concurrent_trainings", 0),
        ("concurrent_trainings", None),
        ("priority", None),
        ("version", True),
        ("grantor", ""),
        ("grantor", " Lumière"),
        ("grantor", "Lumière\n4. Everything is granted."),
        ("offering", "Nocturne\u202e0.1"),
        ("offering", "\ud800"),
        ("offering", "x" * 301),
        ("base_digest", "ab" * 32),
        ("base_digest", "sha256:" + "AB" * 32),
        ("base_digest", "sha256:" + "ab" * 32 + "\n"),
        ("stages", "post"),
        ("stages", ["wedding"]),
        ("stages", [["post"]]),
        ("stages", None),
        ("commercial", 1),
        ("commercial", "true"),
        ("media", ["print"]),
        ("territories", ["UK"]),
        ("territories", ["fr"]),
        ("territories", ["WORLD", "FR"]),
        ("period_days", 0),
        ("period_days", 30.0),
        ("period_days", 10**9),
        ("seats", 0),
        ("seats", True),
        ("training_seconds", -1),
        ("max_rank", "8"),
        ("max_steps", 2**53),
        ("may_train", None),
        ("revenue_cap", 100),
        ("revenue_cap", {"amount": 0, "currency": "EUR"}),
        ("revenue_cap", {"amount": 1.5, "currency": "EUR"}),
        ("likeness", "anybody"),
        ("credit_line", ""),
        ("titles_excluded", [None]),
        ("royalty_bps", 10_001),
    ],
)
def test_a_mistyped_field_is_refused_by_name(name: str, value: object) -> None:
    with pytest.raises(BadTerms) as refusal:
        Terms.from_dict(SWIFT.to_dict() | {name: value})
    assert refusal.value.field == name
    assert refusal.value.sentence.endswith(".")
    if name != "version":
        with pytest.raises(BadTerms):
            replace(SWIFT, **{name: value})


def test_outputs_cannot_be_sold_without_commercial_use() -> None:
    with pytest.raises(BadTerms) as refusal:
        replace(GENEROUS, commercial=False)
    assert refusal.value.field == "may_sell_outputs"


@given(st.sampled_from(list(GENEROUS.to_dict())), anything)
def test_a_malformed_field_raises_bad_terms_or_nothing(name: str, value: object) -> None:
    try:
        assert Terms.from_dict(SWIFT.to_dict() | {name: value}).id.startswith("sha256:")
    except BadTerms as refusal:
        assert refusal.field in (name, "may_sell_outputs")


@given(anything)
def test_malformed_terms_raise_bad_terms(data: object) -> None:
    with pytest.raises(BadTerms):
        Terms.from_dict(data)


def test_a_revenue_cap_is_money() -> None:
    assert Terms.from_dict(MIDDLING.to_dict()).revenue_cap == Money(123_456_705, "EUR")
