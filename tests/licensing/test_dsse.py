from base64 import b64encode
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing.dsse import Envelope, pre_authentication_encoding, seal
from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import BadSigner, PublicKey, Signer
from licensing.signers import signer_from_pem
from tests.licensing.proofs import STRANGER, WORKING

TYPE = "application/vnd.atelier.test+json"
SIGNED = seal(TYPE, b"{}", WORKING)


@pytest.mark.parametrize(
    ("kind", "payload", "encoded"),
    [
        ("http://example.com/HelloWorld", b"hello world", b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"),
        ("", b"", b"DSSEv1 0  0 "),
        ("é", b"\x00\xff ", b"DSSEv1 2 \xc3\xa9 3 \x00\xff "),
        ("a", b"1 b", b"DSSEv1 1 a 3 1 b"),
    ],
)
def test_what_is_signed_is_the_encoding_of_the_protocol(kind: str, payload: bytes, encoded: bytes) -> None:
    assert pre_authentication_encoding(kind, payload) == encoded


@given(st.tuples(st.text(max_size=6), st.binary(max_size=6)), st.tuples(st.text(max_size=6), st.binary(max_size=6)))
def test_no_two_messages_are_signed_alike(one: tuple[str, bytes], other: tuple[str, bytes]) -> None:
    assert (one == other) == (pre_authentication_encoding(*one) == pre_authentication_encoding(*other))


@given(st.binary(max_size=50))
def test_what_was_sealed_opens(payload: bytes) -> None:
    read = Envelope.from_dict(seal(TYPE, payload, WORKING).to_dict(), "It")
    assert read.open(TYPE, WORKING.public, "It") == payload


def test_the_signature_is_of_the_callers_key_alone() -> None:
    with pytest.raises(Rejected) as refused:
        SIGNED.open(TYPE, STRANGER.public, "It")
    assert refused.value.finding is Finding.TAMPERED


def test_another_payload_type_is_refused_though_it_was_signed() -> None:
    with pytest.raises(Malformed, match="payload type"):
        seal("application/json", b"{}", WORKING).open(TYPE, WORKING.public, "It")


def test_a_payload_type_that_was_changed_later_is_found() -> None:
    changed = Envelope.from_dict(seal("application/json", b"{}", WORKING).to_dict() | {"payloadType": TYPE}, "It")
    with pytest.raises(Rejected) as refused:
        changed.open(TYPE, WORKING.public, "It")
    assert refused.value.finding is Finding.TAMPERED


@pytest.mark.parametrize(
    "change",
    [
        {"payload": None},
        {"payload": "e30"},
        {"payload": "e31="},
        {"payload": "e30=\n"},
        {"payload": "é"},
        {"payloadType": ""},
        {"payloadType": 1},
        {"payloadType": "a\nb"},
        {"signatures": []},
        {"signatures": SIGNED.to_dict()["signatures"] * 2},
        {"signatures": {}},
        {"signatures": [{"sig": "e30="}]},
        {"signatures": [{"keyid": 1, "sig": "e30="}]},
        {"signatures": [{"keyid": "a", "sig": "?"}]},
        {"more": 1},
    ],
)
def test_an_envelope_of_another_shape_is_malformed(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        Envelope.from_dict(SIGNED.to_dict() | change, "It")


@pytest.mark.parametrize("signature", [b"", b"\0" * 64, b"\xff" * 64, b"\0" * 65])
def test_a_signature_of_any_length_is_judged(signature: bytes) -> None:
    said = SIGNED.to_dict() | {"signatures": [{"keyid": "a", "sig": b64encode(signature).decode()}]}
    with pytest.raises(Rejected):
        Envelope.from_dict(said, "It").open(TYPE, WORKING.public, "It")


def test_a_callback_that_signs_with_another_key_is_found_before_anything_leaves() -> None:
    with pytest.raises(BadSigner):
        seal(TYPE, b"{}", Signer(WORKING.public, STRANGER.sign))


@pytest.mark.parametrize("raw", [b"", b"\0" * 31, b"\0" * 33])
def test_a_key_of_another_length_is_none(raw: bytes) -> None:
    with pytest.raises(Malformed):
        PublicKey(raw)


@pytest.mark.parametrize("pem", [b"", b"secret", WORKING.public.pem.encode()])
def test_a_signing_key_that_is_none_is_refused_without_repeating_it(pem: bytes) -> None:
    with pytest.raises(BadSigner) as refused:
        signer_from_pem(pem)
    assert "secret" not in str(refused.value)
