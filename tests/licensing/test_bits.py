"""Every change of one bit in a stamped model is found, or leaves tensors, terms and certificate provably as they were."""

import io
import re

from licensing import tensors
from licensing.findings import Finding
from licensing.stamp import KEY
from tests.licensing.proofs import CERTIFICATE, SEALED, STAMPED, verified

# Within base64 one bit of a byte is like another: the decoded payload or signature is then not the one that was signed. There one bit of
# each byte is changed, the six in turn; of all the rest every bit.
ENCODED = {place for match in re.finditer(rb"[A-Za-z0-9+/]{40,}", STAMPED) for place in range(*match.span())}


def bits(place: int) -> range:
    return range(place % 6, place % 6 + 1) if place in ENCODED else range(8)


def test_no_bit_changes_what_is_believed() -> None:
    found: dict[Finding, int] = {}
    for place in range(len(STAMPED)):
        for bit in bits(place):
            changed = bytearray(STAMPED)
            changed[place] ^= 1 << bit
            result = verified(bytes(changed))
            found[result.finding] = found.get(result.finding, 0) + 1
            if result:
                assert result.certificate == CERTIFICATE
                assert result.tensors == CERTIFICATE.tensors == tensors.digest(io.BytesIO(changed))
                assert tensors.read_header(io.BytesIO(changed)).metadata[KEY] == SEALED.to_bytes().decode()
    assert set(found) == {Finding.OK, Finding.TAMPERED, Finding.MALFORMED, Finding.UNKNOWN_KEY, Finding.NO_CERTIFICATE}
    # What may change is the note of a model browser, and little of it: most of the file is bound.
    assert found[Finding.OK] < sum(found.values()) // 20
