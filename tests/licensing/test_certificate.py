import json
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import certificate, dsse
from licensing.canonical import canonical
from licensing.certificate import STATEMENT_TYPE, Certificate
from licensing.context import Use
from licensing.findings import Finding, Malformed, Rejected
from licensing.terms import Terms
from licensing.trust import KeyList, Role, Sealed
from tests.licensing.cases import GENEROUS, NOW, terms
from tests.licensing.proofs import CERTIFICATE, DAY, KEY_LIST, KEYS, RETIRED, SEALED, STRANGER, WORKING, listed

KEY_ID = WORKING.public.id
USE = Use("production", ("web", "festival"), ("FR",), True)


def opened(value: Certificate, keys: KeyList = KEY_LIST) -> Certificate:
    return certificate.open_certificate(certificate.issue(value, WORKING, KEYS), keys)


def as_signed(statement: Any) -> Certificate:
    """What is read of a statement that a good key signed, whatever it says."""
    payload = statement if isinstance(statement, bytes) else canonical(statement)
    return certificate.open_certificate(Sealed(dsse.seal(STATEMENT_TYPE, payload, WORKING), KEYS), KEY_LIST)


def statement(**predicate: Any) -> dict[str, Any]:
    said = CERTIFICATE.statement(KEY_ID)
    return said | {"predicate": said["predicate"] | predicate}


def test_it_is_an_in_toto_statement_about_the_tensors() -> None:
    said = json.loads(SEALED.envelope.payload)
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [{"name": "lumière.safetensors#tensors", "digest": {"sha256": CERTIFICATE.tensors[7:]}}]
    assert said["predicate"]["terms"] == CERTIFICATE.terms.to_dict()
    assert said["predicate"]["terms_id"] == CERTIFICATE.terms.id
    assert said["predicate"]["base"] == CERTIFICATE.terms.base_digest
    assert said["predicate"]["key"] == KEY_ID == SEALED.envelope.key_id


@given(terms, st.none() | st.just(NOW + DAY), st.none() | st.just(USE), st.integers(1, 2**53 - 1))
def test_what_was_issued_reads_back(granted: Terms, ends_at: datetime | None, use: Use | None, licensee: int) -> None:
    value = replace(CERTIFICATE, terms=granted, ends_at=ends_at, use=use, licensee=licensee, dataset=None, training=None, fingerprint=None)
    assert opened(value) == value


def test_it_reads_back_from_its_text() -> None:
    assert certificate.read(SEALED.to_bytes()) == SEALED


def test_moments_are_kept_in_whole_seconds_of_utc() -> None:
    paris = NOW.astimezone(timezone(timedelta(hours=1))) + timedelta(microseconds=999_999)
    assert opened(replace(CERTIFICATE, issued_at=paris)).issued_at == NOW


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "a b"},
        {"id": None},
        {"name": "a\nb"},
        {"name": "x" * 201},
        {"tensors": "ab" * 32},
        {"tensors": "sha256:" + "AB" * 32},
        {"licence": 1},
        {"licensee": 0},
        {"licensee": True},
        {"licensee": "4711"},
        {"licensee": 2**53},
        {"terms": GENEROUS.to_dict()},
        {"begins_at": NOW.replace(tzinfo=None)},
        {"begins_at": "2026-01-01T00:00:00Z"},
        {"begins_at": NOW + DAY},
        {"ends_at": NOW},
        {"issued_at": None},
        {"dataset": "none"},
        {"consents": ""},
        {"training": 7},
        {"fingerprint": ""},
        {"layout": "é"},
        {"use": "production"},
        {"use": Use("pro\nduction", (), (), True)},
        {"use": Use("production", ("web\x1b[2J",), (), True)},
    ],
)
def test_a_certificate_that_cannot_be_is_never_made(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        replace(CERTIFICATE, **change)


OTHER_BASE = replace(CERTIFICATE.terms, base_digest="sha256:" + "ef" * 32)


@pytest.mark.parametrize(
    "predicate",
    [
        {"terms_id": GENEROUS.id},
        {"terms": GENEROUS.to_dict()},
        {"base": "sha256:" + "ef" * 32},
        {"terms": OTHER_BASE.to_dict(), "terms_id": OTHER_BASE.id},
        {"key": STRANGER.public.id},
        {"terms": {}},
        {"terms": None},
        {"terms": CERTIFICATE.terms.to_dict() | {"territories": ["US", "FR", "AE"]}},
        {"terms": CERTIFICATE.terms.to_dict() | {"may_fly": True}},
        {"begins_at": "2026-03-01"},
        {"begins_at": None},
        {"issued_at": "2026-03-01T12:00:00+00:00"},
        {"issued_at": "2025-03-01T12:00:00Z"},
        {"ends_at": "2026-03-01T12:00:00Z"},
        {"licensee": "4711"},
        {"licensee": 0},
        {"licence": ""},
        {"use": {}},
        {"use": "production"},
        {"use": {"stage": "production", "media": ["web", "festival"], "territories": ["FR"], "commercial": True}},
        {"use": {"stage": "production", "media": "web", "territories": ["FR"], "commercial": True}},
        {"use": {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": 1}},
        {"more": 1},
    ],
)
def test_a_certificate_that_contradicts_itself_is_malformed_though_it_was_signed(predicate: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        as_signed(statement(**predicate))


@pytest.mark.parametrize(
    "change",
    [
        {"_type": "https://in-toto.io/Statement/v2"},
        {"predicateType": "https://atelier.example/licence-certificate/v2"},
        {"subject": []},
        {"subject": CERTIFICATE.statement(KEY_ID)["subject"] * 2},
        {"subject": [{"name": "a.safetensors", "digest": {"sha256": "ab" * 32}}]},
        {"subject": [{"name": "a.safetensors#tensors", "digest": {"sha256": 1}}]},
        {"subject": [{"name": "a.safetensors#tensors", "digest": {"sha256": "ab"}}]},
        {"subject": [{"name": "a.safetensors#tensors", "digest": {"sha512": "ab" * 64}}]},
        {"subject": [{"name": "#tensors", "digest": {"sha256": "ab" * 32}}]},
        {"predicate": []},
    ],
)
def test_a_statement_of_another_kind_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        as_signed(statement() | change)


def test_a_statement_in_another_form_of_json_is_malformed() -> None:
    with pytest.raises(Malformed, match="canonical"):
        as_signed(json.dumps(statement()).encode())


def test_a_name_that_stands_twice_is_malformed() -> None:
    with pytest.raises(Malformed, match="twice"):
        as_signed(canonical(statement())[:-1] + b',"_type":"https://in-toto.io/Statement/v1"}')


@pytest.mark.parametrize("number", [b"9007199254740992", b"9" * 30, b"-" + b"9" * 17, b"9" * 5_000])
def test_a_number_that_json_readers_round_is_malformed(number: bytes) -> None:
    with pytest.raises(Malformed, match="exact"):
        as_signed(canonical(statement()).replace(b'"licensee":4711', b'"licensee":' + number))


def test_a_statement_that_is_too_large_is_malformed() -> None:
    with pytest.raises(Malformed, match="larger"):
        as_signed(b" " * (certificate.LIMIT + 1))


def test_a_certificate_by_a_key_that_is_not_listed_is_not_known() -> None:
    with pytest.raises(Rejected) as refused:
        certificate.open_certificate(certificate.issue(CERTIFICATE, STRANGER, KEYS), KEY_LIST)
    assert refused.value.finding is Finding.UNKNOWN_KEY


@pytest.mark.parametrize(
    ("begins", "ends", "known"), [(-10, 10, True), (0, 10, True), (-10, 0, False), (1, 10, False)], ids=["in", "first", "end", "before"]
)
def test_a_key_is_known_for_what_was_issued_in_its_time(begins: int, ends: int, known: bool) -> None:
    keys = KeyList(1, (listed(WORKING, begins=begins, ends=ends),))
    if known:
        assert opened(CERTIFICATE, keys) == CERTIFICATE
    else:
        with pytest.raises(Rejected) as refused:
            opened(CERTIFICATE, keys)
        assert refused.value.finding is Finding.UNKNOWN_KEY


def test_what_a_retired_key_signed_in_its_time_stays_good() -> None:
    value = replace(CERTIFICATE, begins_at=NOW - 60 * DAY, issued_at=NOW - 50 * DAY)
    sealed = certificate.issue(value, RETIRED, KeyList(1, (listed(RETIRED, begins=-100, ends=-10),)).sign(STRANGER))
    assert certificate.open_certificate(sealed, KEY_LIST) == value


def test_a_key_for_lists_certifies_nothing() -> None:
    with pytest.raises(Rejected) as refused:
        opened(CERTIFICATE, KeyList(1, (listed(WORKING, Role.REVOCATIONS, Role.CHECKPOINTS),)))
    assert refused.value.finding is Finding.UNKNOWN_KEY
