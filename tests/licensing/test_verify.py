"""What a verifier answers about a model: one finding for each thing that can be wrong, the gravest first."""

import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from licensing import certificate, dsse
from licensing.canonical import canonical
from licensing.findings import Finding
from licensing.revocations import Revocations
from licensing.stamp import KEY
from licensing.trust import KeyList, Sealed
from licensing.verify import verify
from tests.licensing.cases import GENEROUS, NOW
from tests.licensing.proofs import (
    CERTIFICATE,
    DAY,
    KEYS,
    LIST,
    MODEL,
    QUESTION,
    ROOT,
    SEALED,
    STAMPED,
    STRANGER,
    WORKING,
    certified,
    listed,
    model,
    revoked,
    stamped,
    verified,
)

SECOND = timedelta(seconds=1)


def revocations(**changes: Any) -> Revocations:
    return replace(LIST, **changes)


def test_a_model_as_it_was_handed_over_is_good() -> None:
    result = verified(revocations=revoked(), licensee=4711)
    assert result
    assert result.finding is Finding.OK
    assert result.certificate == CERTIFICATE
    assert result.to_dict() == {
        "ok": True,
        "code": "OK",
        "detail": result.detail,
        "licence": "lic_1",
        "terms": CERTIFICATE.terms.id,
        "licensee": 4711,
        "tensors": CERTIFICATE.tensors,
    }


def test_without_a_list_the_answer_says_that_revocation_was_not_looked_at() -> None:
    assert "no list was given" in verified().detail
    assert "list 7 does not name it" in verified(revocations=revoked()).detail


@pytest.mark.parametrize("notes", [{}, {"ssmd_cover_images": "x" * 9_000}, {"modelspec.title": "another"}])
def test_other_notes_are_harmless(notes: dict[str, str]) -> None:
    assert verified(model(notes | {KEY: SEALED.to_bytes().decode()}))


def test_a_certificate_beside_the_file_counts_as_one_inside() -> None:
    assert verified(MODEL, SEALED.to_bytes()).certificate == CERTIFICATE


def test_the_certificate_inside_goes_before_the_one_beside() -> None:
    assert verified(STAMPED, b"nonsense")
    assert verified(model({KEY: "nonsense"}), SEALED.to_bytes()).finding is Finding.MALFORMED


def test_a_model_without_a_certificate_says_so_and_names_its_tensors() -> None:
    result = verified(MODEL)
    assert not result
    assert result.finding is Finding.NO_CERTIFICATE
    assert result.to_dict()["tensors"] == CERTIFICATE.tensors


@pytest.mark.parametrize("weights", [model(shift=1), model(shift=255)])
def test_changed_weights_are_found(weights: bytes) -> None:
    result = verified(stamped(weights=weights))
    assert result.finding is Finding.TAMPERED
    assert result.to_dict()["licence"] is None


def test_a_certificate_that_was_moved_to_another_file_is_found() -> None:
    assert verified(stamped(weights=model(shift=9))).finding is Finding.TAMPERED


def test_a_model_that_is_none_is_malformed() -> None:
    assert verified(b"PK\x03\x04" + bytes(100)).to_dict() | {"detail": ""} == {
        "ok": False,
        "code": "MALFORMED",
        "detail": "",
        "licence": None,
        "terms": None,
        "licensee": None,
        "tensors": None,
    }


def test_a_header_of_64_mb_is_malformed_and_not_read() -> None:
    assert verified((64 << 20).to_bytes(8, "little") + b"{").finding is Finding.MALFORMED


def test_a_licence_for_another_base_is_malformed() -> None:
    other = replace(CERTIFICATE.terms, base_digest="sha256:" + "ef" * 32)
    said = CERTIFICATE.statement(WORKING.public.id)
    said["predicate"] |= {"terms": other.to_dict(), "terms_id": other.id}
    sealed = Sealed(dsse.seal(certificate.STATEMENT_TYPE, canonical(said), WORKING), KEYS)
    assert verified(stamped(sealed)).finding is Finding.MALFORMED


def test_terms_exchanged_in_a_signed_certificate_are_found() -> None:
    said = CERTIFICATE.statement(WORKING.public.id)
    said["predicate"] |= {"terms": GENEROUS.to_dict(), "terms_id": GENEROUS.id}
    forged = replace(SEALED.envelope, payload=canonical(said))
    assert verified(stamped(Sealed(forged, KEYS))).finding is Finding.TAMPERED


def test_a_certificate_under_a_strangers_root_is_not_known() -> None:
    forged = certificate.issue(CERTIFICATE, STRANGER, KeyList(9, (listed(STRANGER),)).sign(STRANGER))
    result = verified(stamped(forged))
    assert result.finding is Finding.UNKNOWN_KEY
    assert "not the trusted root" in result.detail


def test_a_certificate_by_a_key_that_the_root_does_not_list_is_not_known() -> None:
    assert verified(stamped(certificate.issue(CERTIFICATE, STRANGER, KEYS))).finding is Finding.UNKNOWN_KEY


def test_a_certificate_issued_after_its_key_had_retired_is_not_known() -> None:
    retired = KeyList(1, (listed(WORKING, ends=-1),)).sign(ROOT)
    assert verified(stamped(Sealed(SEALED.envelope, retired))).finding is Finding.UNKNOWN_KEY


def test_after_a_rotation_old_certificates_and_new_lists_stand_together() -> None:
    rotated = KeyList(2, (listed(WORKING, ends=1), listed(STRANGER, begins=1))).sign(ROOT)
    newer = replace(revocations(), issued_at=NOW + 2 * DAY).sign(STRANGER, rotated).to_bytes()
    assert verified(revocations=newer, at=NOW + 2 * DAY)


def test_a_stolen_key_that_a_newer_key_list_leaves_out_is_not_known_any_more() -> None:
    without = KeyList(2, (listed(STRANGER),)).sign(ROOT)
    newer = revocations().sign(STRANGER, without).to_bytes()
    assert verified()
    assert verified(revocations=newer).finding is Finding.UNKNOWN_KEY


def test_an_older_key_list_brings_no_stolen_key_back() -> None:
    current = Sealed(SEALED.envelope, KeyList(2, (listed(STRANGER),)).sign(ROOT))
    assert verified(stamped(current), revocations=revoked()).finding is Finding.UNKNOWN_KEY


@pytest.mark.parametrize(("licensee", "finding"), [(4711, Finding.OK), (None, Finding.OK), (4712, Finding.WRONG_LICENSEE)])
def test_a_licence_is_one_licensees(licensee: int | None, finding: Finding) -> None:
    assert verified(licensee=licensee).finding is finding


@pytest.mark.parametrize(
    ("at", "finding"),
    [
        (CERTIFICATE.issued_at, Finding.OK),
        (CERTIFICATE.issued_at - SECOND, Finding.CLOCK_BEFORE_ISSUE),
        (NOW + 30 * DAY - SECOND, Finding.OK),
        (NOW + 30 * DAY, Finding.EXPIRED),
    ],
)
def test_it_is_good_from_its_issue_until_its_end(at: Any, finding: Finding) -> None:
    assert verified(at=at).finding is finding


def test_a_licence_without_end_does_not_end() -> None:
    assert verified(certified(ends_at=None), at=NOW + 10_000 * DAY)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"licences": ("lic_1",)}, "licence lic_1"),
        ({"certificates": ("crt_1",)}, "certificate crt_1"),
        ({"models": (CERTIFICATE.tensors,)}, "model sha256:"),
    ],
)
def test_what_was_taken_back_is_revoked(named: dict[str, Any], words: str) -> None:
    result = verified(revocations=revoked(**named))
    assert result.finding is Finding.REVOKED
    assert words in result.detail
    assert result.certificate == CERTIFICATE


@pytest.mark.parametrize(
    ("after", "finding"), [(DAY, Finding.OK), (DAY + SECOND, Finding.LIST_STALE), (-SECOND, Finding.CLOCK_BEFORE_ISSUE)]
)
def test_a_list_counts_for_as_long_as_it_says(after: timedelta, finding: Finding) -> None:
    older = certified(issued_at=NOW - DAY / 2)
    assert verified(older, at=NOW + after, revocations=revoked()).finding is finding


def test_a_clock_that_was_moved_back_does_not_hide_a_revocation() -> None:
    older = certified(issued_at=NOW - DAY / 2)
    assert verified(older, at=NOW - SECOND, revocations=revoked(licences=("lic_1",))).finding is Finding.REVOKED


def test_an_old_list_still_revokes() -> None:
    assert verified(at=NOW + 9 * DAY, revocations=revoked(licences=("lic_1",))).finding is Finding.REVOKED


def test_an_end_goes_before_an_old_list() -> None:
    assert verified(at=NOW + 31 * DAY, revocations=revoked()).finding is Finding.EXPIRED


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"[" * 9_000, SEALED.to_bytes()])
def test_a_list_that_is_none_is_malformed(data: bytes) -> None:
    assert verified(revocations=data).finding is Finding.MALFORMED


def test_a_list_signed_by_a_stranger_is_not_known() -> None:
    assert verified(revocations=revocations().sign(STRANGER, KEYS).to_bytes()).finding is Finding.UNKNOWN_KEY
    own = KeyList(9, (listed(STRANGER),)).sign(STRANGER)
    assert verified(revocations=revocations().sign(STRANGER, own).to_bytes()).finding is Finding.UNKNOWN_KEY


def test_a_list_that_was_changed_is_found() -> None:
    sealed = revocations(licences=("lic_1",)).sign(WORKING, KEYS)
    emptied = replace(sealed.envelope, payload=canonical(revocations(licences=()).to_dict()))
    assert verified(revocations=Sealed(emptied, KEYS).to_bytes()).finding is Finding.TAMPERED


CARRIED = json.loads(SEALED.to_bytes())


@pytest.mark.parametrize(
    "carried",
    [
        "",
        "null",
        "{}",
        "[" * 5_000,
        json.dumps(CARRIED | {"version": 2}),
        json.dumps(CARRIED | {"more": 1}),
        json.dumps({name: CARRIED[name] for name in ("version", "envelope")}),
        json.dumps(CARRIED)[:-1] + ', "version": 1}',
        json.dumps(CARRIED | {"envelope": CARRIED["envelope"] | {"payloadType": "application/json"}}),
        json.dumps(CARRIED | {"keys": CARRIED["envelope"]}),
        json.dumps(CARRIED | {"envelope": CARRIED["keys"]}),
        json.dumps(CARRIED) + " " * certificate.LIMIT,
    ],
)
def test_a_certificate_of_another_shape_is_not_believed(carried: str) -> None:
    assert verified(model({KEY: carried})).finding in {Finding.MALFORMED, Finding.UNKNOWN_KEY}


def test_a_strangers_control_characters_reach_no_terminal() -> None:
    detail = verified(model({KEY: json.dumps(CARRIED | {"\x1b[2J": 1})})).detail
    assert detail.isprintable()
    assert "[2J" in detail


@pytest.mark.parametrize("spelled", [json.dumps(CARRIED, indent=2), json.dumps(dict(reversed(CARRIED.items())))])
def test_an_envelope_may_be_spelled_in_another_way(spelled: str) -> None:
    assert verified(model({KEY: spelled})).certificate == CERTIFICATE


def test_the_model_is_read_once_from_where_it_stands() -> None:
    file = io.BytesIO(STAMPED)
    assert verify(file, QUESTION)
    assert file.read() == b""
