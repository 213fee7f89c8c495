"""Whatever a stranger sends, a verifier answers with one of its findings: nothing else is ever raised."""

import io
import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from licensing import certificate, dsse, revocations, stamp, strict, tensors
from licensing.canonical import canonical
from licensing.certificate import STATEMENT_TYPE
from licensing.findings import Finding, Rejected
from licensing.revocations import TYPE
from licensing.trust import KEYS_TYPE, KeyList, Sealed, TrustRoot
from tests.licensing.logs import entries, kept, proved, some, whole
from tests.licensing.proofs import CERTIFICATE, KEYS, LIST, MODEL, ROOT, SEALED, STAMPED, TRUST, WORKING, model, packed, verified

scalars = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=20)
anything = st.recursive(
    scalars | st.sampled_from([SEALED.to_bytes().decode(), "sha256:" + "ab" * 32, "2026-03-01T12:00:00Z", 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def damaged(sound: bytes) -> st.SearchStrategy[bytes]:
    """`sound` with a piece cut out and another put in."""
    places = st.integers(0, len(sound))
    return st.builds(
        lambda one, other, put: sound[: min(one, other)] + put + sound[max(one, other) :], places, places, st.binary(max_size=9)
    )


def paths(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way, *(path for name, each in inner for path in paths(each, (*way, name)))]


def put(value: Any, way: tuple[Any, ...], other: Any) -> Any:
    if not way:
        return other
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(value[way[0]], way[1:], other)
    return copy


def replaced(sound: Any) -> st.SearchStrategy[Any]:
    """`sound` with anything at one of its places."""
    return st.builds(lambda way, other: put(sound, way, other), st.sampled_from(paths(sound)), anything)


@given(st.binary(max_size=300) | damaged(STAMPED) | st.binary(max_size=300).map(lambda header: packed(header, b"")))
def test_any_model_gets_a_finding(data: bytes) -> None:
    result = verified(data)
    assert result.finding in Finding
    assert result.detail.endswith(".")


@given(st.binary(max_size=99) | damaged(MODEL))
def test_any_model_is_stamped_or_refused(data: bytes) -> None:
    try:
        copy = io.BytesIO()
        digest = stamp.stamp(io.BytesIO(data), copy, SEALED)
    except Rejected:
        return
    assert tensors.digest(io.BytesIO(copy.getvalue())) == digest


@given(st.text(max_size=99) | anything.map(json.dumps) | replaced(json.loads(SEALED.to_bytes())).map(json.dumps))
def test_any_certificate_gets_a_finding(carried: str) -> None:
    result = verified(model({stamp.KEY: carried}))
    assert not result or result.certificate == CERTIFICATE


@given(st.binary(max_size=99) | damaged(LIST.sign(WORKING, KEYS).to_bytes()) | replaced(json.loads(SEALED.to_bytes())).map(canonical))
def test_any_list_gets_a_finding(data: bytes) -> None:
    assert verified(revocations=data).finding in Finding


@given(replaced(CERTIFICATE.statement(WORKING.public.id)))
def test_whatever_a_good_key_signed_as_a_certificate_is_read_or_refused(statement: Any) -> None:
    sealed = Sealed(dsse.seal(STATEMENT_TYPE, canonical(statement), WORKING), KEYS)
    try:
        read = certificate.open_certificate(sealed, KeyList.from_bytes(KEYS.payload))
    except Rejected:
        return
    assert read.statement(WORKING.public.id) == statement


@given(replaced(LIST.to_dict()))
def test_whatever_a_good_key_signed_as_a_list_is_read_or_refused(said: Any) -> None:
    sealed = Sealed(dsse.seal(TYPE, canonical(said), WORKING), KEYS)
    try:
        read = revocations.open_revocations(sealed, KeyList.from_bytes(KEYS.payload))
    except Rejected:
        return
    assert read.to_dict() == said


@given(replaced(json.loads(KEYS.payload)))
def test_whatever_the_root_signed_as_a_key_list_is_read_or_refused(said: Any) -> None:
    try:
        read = TRUST.key_list(dsse.seal(KEYS_TYPE, canonical(said), ROOT))
    except Rejected:
        return
    assert read.to_dict() == said


@given(st.binary(max_size=99) | damaged(TRUST.to_pem().encode()))
def test_any_root_is_read_or_refused(pem: bytes) -> None:
    try:
        assert TrustRoot.from_pem(pem).keys
    except Rejected as refused:
        assert refused.finding is Finding.MALFORMED


RANGE, SELECTION = b"".join(whole(entries(7), 3, [2])), b"".join(some(entries(7), [1, 4], [2]))


@given(st.binary(max_size=99) | damaged(RANGE) | damaged(SELECTION), st.none() | st.just(kept(2)) | damaged(kept(2)))
def test_any_bundle_and_any_checkpoint_get_a_finding(data: bytes, since: bytes | None) -> None:
    result = proved([data], since)
    assert result.finding in Finding
    assert result.detail.endswith(".")


@given(replaced(json.loads(RANGE.partition(b"\n")[0])))
def test_any_head_gets_a_finding(head: Any) -> None:
    assert proved([json.dumps(head).encode() + b"\n", *whole(entries(7))[4:]], kept(2)).finding in Finding


@given(st.binary(max_size=99) | damaged(b'{"a":[1,-0,1e5,NaN,"\\ud800\\u0000"],"b":{"b":null}}'))
def test_any_json_is_read_in_one_way_or_refused(data: bytes) -> None:
    try:
        assert strict.parse(canonical(strict.parse(data, 99, "It")), 99, "It") == json.loads(data)
    except Rejected as refused:
        assert refused.finding is Finding.MALFORMED
