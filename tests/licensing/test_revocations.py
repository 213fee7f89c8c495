from dataclasses import replace
from typing import Any

import pytest

from licensing import dsse, revocations
from licensing.canonical import canonical
from licensing.findings import Finding, Malformed, Rejected
from licensing.revocations import TYPE, Revocations
from licensing.trust import KeyList, Role, Sealed
from tests.licensing.proofs import DAY, KEY_LIST, KEYS, LIST, RETIRED, WORKING, listed


def as_signed(said: Any) -> Revocations:
    return revocations.open_revocations(Sealed(dsse.seal(TYPE, canonical(said), WORKING), KEYS), KEY_LIST)


def test_what_was_signed_reads_back() -> None:
    sealed = revocations.read(LIST.sign(WORKING, KEYS).to_bytes())
    assert revocations.open_revocations(sealed, KEY_LIST) == LIST


def test_order_and_repetition_do_not_matter_when_a_list_is_made() -> None:
    assert replace(LIST, licences=("lic_9", "lic_0", "lic_9")) == LIST


@pytest.mark.parametrize("age", [0, -1, revocations.LONGEST_AGE_SECONDS + 1])
def test_a_list_counts_neither_never_nor_forever(age: int) -> None:
    with pytest.raises(Malformed):
        replace(LIST, max_age_seconds=age)


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"serial": 0},
        {"serial": None},
        {"issued_at": "yesterday"},
        {"max_age_seconds": 0},
        {"max_age_seconds": 10**12},
        {"licences": ["lic_9", "lic_0"]},
        {"licences": ["lic_0", "lic_0"]},
        {"licences": "lic_0"},
        {"licences": [["lic_0"]]},
        {"models": ["lic_0"]},
        {"more": []},
    ],
)
def test_a_list_of_another_shape_is_malformed_though_it_was_signed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        as_signed(LIST.to_dict() | change)


def test_a_list_without_one_of_its_fields_is_malformed() -> None:
    for name in LIST.to_dict():
        with pytest.raises(Malformed):
            as_signed({other: value for other, value in LIST.to_dict().items() if other != name})


@pytest.mark.parametrize(
    "keys",
    [
        KeyList(1, (listed(RETIRED),)),
        KeyList(1, (listed(WORKING, Role.CERTIFICATES, Role.CHECKPOINTS),)),
        KeyList(1, (listed(WORKING, begins=1),)),
        KeyList(1, (listed(WORKING, ends=0),)),
    ],
    ids=["not listed", "for something else", "not yet", "not any more"],
)
def test_a_key_that_may_not_sign_lists_is_not_known(keys: KeyList) -> None:
    with pytest.raises(Rejected) as refused:
        revocations.open_revocations(LIST.sign(WORKING, KEYS), keys)
    assert refused.value.finding is Finding.UNKNOWN_KEY


def test_a_list_of_a_hundred_thousand_licences_is_read() -> None:
    many = replace(LIST, licences=tuple(f"lic_{number:032x}" for number in range(100_000)))
    assert len(revocations.read(many.sign(WORKING, KEYS).to_bytes()).envelope.payload) > 3_000_000
    revocations.require_fresh(many, LIST.issued_at + DAY)
