"""What the holder of an earlier checkpoint finds out about a log, whoever wrote and signed it."""

import json
from base64 import b64encode
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import evidence, merkle
from licensing.canonical import canonical
from licensing.findings import Finding, Malformed
from licensing.trust import KeyList
from tests.licensing.logs import ORIGIN, entries, kept, log, proved, some, whole
from tests.licensing.proofs import KEYS, ROOT, STRANGER, listed

NOW = 21
LOG = entries(NOW)
OTHER = evidence.entry({"at": "2026-03-01T12:00:03Z", "action": "nothing.happened", "n": 3})


def edited(old: list[bytes]) -> list[bytes]:
    return [*old[:3], OTHER, *old[4:]]


def deleted(old: list[bytes]) -> list[bytes]:
    return [*old[:3], *old[4:]]


def reordered(old: list[bytes]) -> list[bytes]:
    return [*old[:3], old[4], old[3], *old[5:]]


def inserted(old: list[bytes]) -> list[bytes]:
    return [*old[:3], OTHER, *old[3:]]


LIES = [edited, deleted, reordered, inserted]


def test_a_log_that_only_grew_is_good() -> None:
    result = proved(whole(LOG), kept(8))
    assert result
    assert result.to_dict() == {
        "ok": True,
        "code": "OK",
        "detail": result.detail,
        "origin": ORIGIN,
        "size": NOW,
        "root": "sha256:" + merkle.root(NOW, log(LOG).look).hex(),
        "entries": NOW,
        "since": 8,
    }


@given(st.integers(0, NOW), st.integers(0, NOW), st.integers(0, NOW))
def test_a_range_is_good_since_any_checkpoint_that_it_reaches_or_proves(size: int, first: int, since: int) -> None:
    first, since = min(first, size), min(since, size)
    lines = whole(LOG[:size], first, [since])
    result = proved(lines, kept(since, LOG))
    assert (result.finding, result.entries, result.since) == (Finding.OK, size - first, since)


@given(st.sets(st.integers(0, NOW - 1)), st.integers(0, NOW))
def test_single_entries_are_good_since_any_checkpoint_that_they_prove(indices: set[int], since: int) -> None:
    result = proved(some(LOG, indices, [since]), kept(since, LOG))
    assert (result.finding, result.entries) == (Finding.OK, len(indices))


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
@given(st.integers(5, NOW - 1), st.integers(0, NOW - 1))
def test_a_past_that_was_rewritten_and_signed_anew_is_found(lie: Callable[[list[bytes]], list[bytes]], size: int, first: int) -> None:
    told = lie(LOG)
    assert proved(whole(told))
    assert proved(whole(told), kept(size, LOG)).finding is Finding.FORKED
    assert proved(whole(told, first, [size]), kept(size, LOG)).finding is Finding.FORKED
    assert proved(some(told, [0, 9], [size]), kept(size, LOG)).finding is Finding.FORKED


@pytest.mark.parametrize("lie", LIES, ids=lambda lie: lie.__name__)
def test_entries_that_are_not_those_of_the_signed_checkpoint_are_found(lie: Callable[[list[bytes]], list[bytes]]) -> None:
    head = whole(LOG)[0]
    told = [head, *(entry + b"\n" for entry in lie(LOG))]
    assert proved(told).finding is Finding.TAMPERED
    assert proved(told, kept(2, LOG)).finding is Finding.TAMPERED


@pytest.mark.parametrize("size", [0, 1, 8, 20])
def test_a_log_that_was_cut_is_found(size: int) -> None:
    assert proved(whole(LOG[:size]), kept(NOW, LOG)).finding is Finding.TRUNCATED
    assert proved(whole(LOG)[:-1]).finding is Finding.TAMPERED


def test_a_fork_is_found_from_either_side() -> None:
    left, right = [*LOG[:9], OTHER, *LOG[9:12]], LOG
    assert proved(whole(left), kept(9, LOG))
    assert proved(whole(right), kept(9, LOG))
    assert proved(whole(right), kept(len(left), left)).finding is Finding.FORKED
    assert proved(whole(left), kept(10, LOG)).finding is Finding.FORKED


def test_two_checkpoints_of_one_size_with_two_roots_are_a_fork() -> None:
    assert proved(some(LOG, []), kept(NOW, edited(LOG))).finding is Finding.FORKED
    assert proved(some(LOG, []), kept(NOW, LOG))


def test_a_bundle_that_does_not_reach_back_says_so() -> None:
    result = proved(whole(LOG, 12), kept(8, LOG))
    assert result.finding is Finding.NO_PROOF
    assert "since entry 8" in result.detail


def test_a_proof_of_growth_from_another_size_is_none() -> None:
    head = json.loads(some(LOG, [], [9])[0])
    head["consistency"] = {"8": head["consistency"]["9"]}
    assert proved([canonical(head) + b"\n"], kept(8, LOG)).finding is Finding.FORKED


def test_hashes_of_what_came_before_cannot_be_made_up() -> None:
    lines = whole(edited(LOG), 12)
    honest = json.loads(whole(LOG, 12)[0])
    told = [canonical(json.loads(lines[0]) | {"before": honest["before"]}) + b"\n", *lines[1:]]
    assert proved(told).finding is Finding.TAMPERED


def test_a_log_cannot_pass_for_a_longer_or_a_shorter_one_of_the_same_root() -> None:
    size, tree = 16, log(LOG[:16])
    for first in (8, 32):
        head = json.loads(whole(LOG[:size])[0]) | {"first": first, "before": [b64encode(merkle.root(size, tree.look)).decode()]}
        assert proved([canonical(head) + b"\n"]).finding is Finding.TAMPERED


@pytest.mark.parametrize("change", [{"n": 4}, {"at": ""}, {"more": 1}])
def test_a_single_entry_that_was_changed_is_found(change: dict[str, Any]) -> None:
    lines = some(LOG, [3, 7])
    said = json.loads(lines[1])
    told = canonical(said | {"entry": said["entry"] | change}) + b"\n"
    assert proved([lines[0], told, lines[2]]).finding is Finding.TAMPERED


def test_a_single_entry_under_another_index_is_found() -> None:
    lines = some(LOG, [3])
    assert proved([lines[0], canonical(json.loads(lines[1]) | {"index": 4}) + b"\n"]).finding is Finding.TAMPERED


def test_the_order_of_single_entries_is_the_logs() -> None:
    head, *lines = some(LOG, [3, 7])
    assert proved([head, *lines[::-1]]).finding is Finding.MALFORMED
    assert proved([head, lines[0], lines[0]]).finding is Finding.MALFORMED


def test_a_checkpoint_of_another_log_is_none_of_this_one() -> None:
    assert proved(whole(LOG), kept(8, LOG, origin="atelier.example/studios/8")).finding is Finding.OTHER_LOG


def test_checkpoints_of_strangers_are_not_known() -> None:
    assert proved(whole(LOG, signer=STRANGER)).finding is Finding.UNKNOWN_KEY
    assert proved(whole(LOG), kept(8, LOG, signer=STRANGER)).finding is Finding.UNKNOWN_KEY
    own = KeyList(9, (listed(STRANGER),)).sign(STRANGER)
    told = canonical(json.loads(whole(LOG, signer=STRANGER)[0]) | {"keys": own.to_dict()}) + b"\n"
    assert proved([told, *whole(LOG)[1:]]).finding is Finding.UNKNOWN_KEY


def test_a_kept_checkpoint_of_a_retired_key_is_still_known() -> None:
    rotated = KeyList(2, (listed(STRANGER), *KeyList.from_bytes(KEYS.payload).keys)).sign(ROOT)
    head = json.loads(whole(LOG, signer=STRANGER)[0])
    told = [canonical(head | {"keys": rotated.to_dict()}) + b"\n", *whole(LOG)[1:]]
    assert proved(told, kept(8, LOG)).finding is Finding.OK


HEAD = json.loads(whole(LOG, 5, [3])[0])


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"kind": "everything"},
        {"kind": ["range"]},
        {"checkpoint": None},
        {"checkpoint": ""},
        {"keys": {}},
        {"first": -1},
        {"first": 7},
        {"first": 2**60},
        {"before": None},
        {"before": []},
        {"before": ["AAAA", "AAAA"]},
        {"before": [1, 2]},
        {"consistency": []},
        {"consistency": {"3": None}},
        {"consistency": {"3": ["AAAA"]}},
        {"consistency": {"3": HEAD["before"] * 100}},
        {"more": 1},
    ],
)
def test_a_head_of_another_shape_is_malformed(change: dict[str, Any]) -> None:
    told = [json.dumps(HEAD | change).encode() + b"\n", *whole(LOG)[6:]]
    assert proved(told, kept(3, LOG)).finding is Finding.MALFORMED


@pytest.mark.parametrize(
    "line",
    [
        b"\n",
        b"{}",
        b"[]\n",
        b'{"a":1,"a":1}\n',
        b'{"a":1.5}\n',
        b'{"entry":{"a":9007199254740993},"inclusion":[],"index":0}\n',
        b"\xff\n",
        b"{" * 9_000 + b"\n",
        b'{"a":"' + b"x" * (1 << 20),
    ],
)
def test_a_line_that_is_no_entry_is_malformed(line: bytes) -> None:
    head = json.loads(whole(LOG)[0])
    for kind in evidence.KINDS:
        assert proved([canonical(head | {"kind": kind}) + b"\n", line]).finding is Finding.MALFORMED


@pytest.mark.parametrize("data", [b"", b"\n", b"null\n", b"PK\x03\x04"])
def test_a_file_that_is_no_bundle_is_malformed(data: bytes) -> None:
    assert proved([data]).finding is Finding.MALFORMED


def test_an_entry_that_no_verifier_would_read_is_never_made() -> None:
    with pytest.raises(Malformed):
        evidence.entry({"loss": 0.25})
