"""Keys, models, certificates and lists for the tests of proofs. Every key comes from a fixed seed, so that a failure repeats."""

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from licensing import certificate, signers, stamp, tensors
from licensing.certificate import Certificate
from licensing.keys import Signer
from licensing.revocations import Revocations
from licensing.trust import KeyList, Role, Sealed, TrustRoot, WorkingKey
from licensing.verify import Question, Result, verify
from tests.licensing.cases import MIDDLING, NOW

DAY = timedelta(days=1)


def key(seed: int) -> Signer:
    return signers.signer(Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32, "big")))


ROOT, WORKING, RETIRED, STRANGER = key(1), key(2), key(3), key(4)
TRUST = TrustRoot((ROOT.public,))


def listed(signer: Signer, *roles: Role, begins: int = -10, ends: int = 90) -> WorkingKey:
    """`begins` and `ends` in days from NOW; without roles it has all of them."""
    return WorkingKey(signer.public, frozenset(roles or Role), NOW + begins * DAY, NOW + ends * DAY)


KEY_LIST = KeyList(1, (listed(RETIRED, begins=-100, ends=-10), listed(WORKING)))
KEYS = KEY_LIST.sign(ROOT)

WEIGHTS = {"a.weight": ("F32", [2, 3]), "b.alpha": ("BF16", []), "b.weight": ("I8", [5])}
SIZES = {"F32": 4, "BF16": 2, "I8": 1}
NOTES = {"format": "pt", "modelspec.title": "Été"}


def model(notes: Mapping[str, str] | None = None, shift: int = 0) -> bytes:
    """A safetensors file with WEIGHTS, whose bytes count up from `shift`."""
    header: dict[str, Any] = {"__metadata__": NOTES if notes is None else notes}
    at = 0
    for name, (dtype, shape) in WEIGHTS.items():
        size = SIZES[dtype]
        for side in shape:
            size *= side
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [at, at + size]}
        at += size
    return packed(json.dumps(header).encode(), bytes((shift + place) % 256 for place in range(at)))


def packed(header: bytes, data: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + data


MODEL = model()
CERTIFICATE = Certificate(
    id="crt_1",
    name="lumière.safetensors",
    tensors=tensors.digest(io.BytesIO(MODEL)),
    licence="lic_1",
    terms=MIDDLING,
    licensee=4711,
    begins_at=NOW - DAY,
    ends_at=NOW + 30 * DAY,
    dataset="sha256:" + "01" * 32,
    consents=None,
    training="sha256:" + "02" * 32,
    fingerprint="fpr_1",
    layout="diffusers",
    use=None,
    issued_at=NOW,
)
SEALED = certificate.issue(CERTIFICATE, WORKING, KEYS)
LIST = Revocations(serial=7, issued_at=NOW, max_age_seconds=86_400, licences=("lic_0", "lic_9"))


def stamped(sealed: Sealed = SEALED, weights: bytes = MODEL) -> bytes:
    copy = io.BytesIO()
    stamp.stamp(io.BytesIO(weights), copy, sealed)
    return copy.getvalue()


def certified(**changes: Any) -> bytes:
    return stamped(certificate.issue(replace(CERTIFICATE, **changes), WORKING, KEYS))


STAMPED = stamped()
QUESTION = Question(root=TRUST, at=NOW + DAY / 2)


def verified(data: bytes = STAMPED, beside: bytes | None = None, **question: Any) -> Result:
    return verify(io.BytesIO(data), replace(QUESTION, **question), beside)


def revoked(**changes: Any) -> bytes:
    return replace(LIST, **changes).sign(WORKING, KEYS).to_bytes()
