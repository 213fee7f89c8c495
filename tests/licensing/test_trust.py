import json
from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from licensing import dsse, signers
from licensing.canonical import canonical
from licensing.findings import Finding, Malformed, Rejected
from licensing.trust import KEYS_TYPE, KeyList, Role, Sealed, TrustRoot, read_keys
from tests.licensing.cases import NOW
from tests.licensing.proofs import CERTIFICATE, DAY, KEY_LIST, KEYS, ROOT, SEALED, STRANGER, TRUST, WORKING, listed, stamped, verified


def signed(said: dict[str, Any]) -> dsse.Envelope:
    return dsse.seal(KEYS_TYPE, canonical(said), ROOT)


def test_a_root_reads_back_from_its_text() -> None:
    both = TrustRoot((ROOT.public, STRANGER.public))
    assert TrustRoot.from_pem(both.to_pem().encode()) == both


def test_words_around_a_root_are_passed_over() -> None:
    assert TrustRoot.from_pem(b"Atelier, since 2026\r\n" + TRUST.to_pem().replace("\n", "\r\n").encode() + b"\n# end") == TRUST


def test_a_root_is_written_as_everybody_writes_it() -> None:
    key = Ed25519PublicKey.from_public_bytes(ROOT.public.raw)
    assert TRUST.to_pem().encode() == key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def test_a_signing_key_reads_back_from_its_text() -> None:
    private = Ed25519PrivateKey.from_private_bytes((2).to_bytes(32, "big"))
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    assert signers.signer_from_pem(pem).public == WORKING.public


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n",
        b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
        generate_private_key(SECP256R1()).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        X25519PrivateKey.from_private_bytes(bytes(32)).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        TRUST.to_pem().encode() * 1_000,
        ROOT.public.raw,
    ],
)
def test_a_root_that_is_none_is_malformed(pem: bytes) -> None:
    with pytest.raises(Malformed):
        TrustRoot.from_pem(pem)


def test_a_key_list_reads_back() -> None:
    assert TRUST.key_list(KEYS) == KEY_LIST


def test_a_key_list_reads_back_from_its_own_file() -> None:
    assert read_keys(canonical(KEYS.to_dict())) == KEYS


def test_a_key_list_signed_by_a_stranger_is_not_known() -> None:
    with pytest.raises(Rejected) as refused:
        TRUST.key_list(KEY_LIST.sign(STRANGER))
    assert refused.value.finding is Finding.UNKNOWN_KEY


def test_a_key_list_under_the_roots_name_but_not_signed_by_it_is_tampered_with() -> None:
    forged = replace(KEY_LIST.sign(STRANGER), key_id=ROOT.public.id)
    with pytest.raises(Rejected) as refused:
        TRUST.key_list(forged)
    assert refused.value.finding is Finding.TAMPERED


def test_another_document_that_the_root_signed_is_no_key_list() -> None:
    with pytest.raises(Malformed):
        TRUST.key_list(dsse.seal("application/vnd.in-toto+json", canonical(KEY_LIST.to_dict()), ROOT))


KEY = listed(WORKING).to_dict()


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"serial": 0},
        {"serial": "1"},
        {"keys": {}},
        {"keys": [KEY, KEY]},
        {"keys": [KEY] * 201},
        {"keys": [1]},
        {"keys": [KEY | {"public": "AAAA"}]},
        {"keys": [KEY | {"public": 7}]},
        {"keys": [KEY | {"roles": ["certificates", "wishes"]}]},
        {"keys": [KEY | {"roles": ["revocations", "certificates"]}]},
        {"keys": [KEY | {"roles": [[]]}]},
        {"keys": [KEY | {"begins_at": "2026-01-01"}]},
        {"keys": [KEY | {"begins_at": "2026-02-30T00:00:00Z"}]},
        {"keys": [KEY | {"begins_at": KEY["ends_at"]}]},
        {"keys": [{name: KEY[name] for name in ("public", "roles")}]},
        {"more": 1},
    ],
)
def test_a_key_list_of_another_shape_is_malformed_though_the_root_signed_it(change: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        TRUST.key_list(signed(KEY_LIST.to_dict() | change))


@pytest.mark.parametrize("payload", [b"", b"null", b"{", json.dumps(KEY_LIST.to_dict()).encode(), b'{"serial":1,"serial":1}'])
def test_a_key_list_in_another_form_is_malformed(payload: bytes) -> None:
    with pytest.raises(Malformed):
        TRUST.key_list(dsse.seal(KEYS_TYPE, payload, ROOT))


def test_the_newest_of_several_lists_speaks() -> None:
    newer = replace(KEY_LIST, serial=2)
    assert TRUST.newest([newer.sign(ROOT), KEYS]) == newer == TRUST.newest([KEYS, newer.sign(ROOT)])


def test_a_new_root_takes_over_while_both_are_pinned() -> None:
    resigned = stamped(Sealed(SEALED.envelope, KEY_LIST.sign(STRANGER)))
    assert verified(resigned, root=TRUST).finding is Finding.UNKNOWN_KEY
    assert verified(resigned, root=TrustRoot((ROOT.public, STRANGER.public)))


def test_a_key_is_found_for_its_role_only() -> None:
    checkpoints = KeyList(1, (listed(WORKING, Role.CHECKPOINTS),))
    with pytest.raises(Rejected) as refused:
        checkpoints.key_for(SEALED.envelope, Role.CERTIFICATES, "It")
    assert refused.value.finding is Finding.UNKNOWN_KEY


def test_moments_are_written_in_utc_and_whole_seconds() -> None:
    assert CERTIFICATE.issued_at == NOW
    assert listed(WORKING).to_dict()["begins_at"] == (NOW - 10 * DAY).strftime("%Y-%m-%dT%H:%M:%SZ")
