"""DSSE envelopes, protocol version 1 (github.com/secure-systems-lab/dsse): one payload, its type and one Ed25519 signature over both.

Stricter than DSSE asks: exactly one signature, standard base64 only, no names beyond the known ones.
"""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from licensing.findings import Finding, Malformed, Rejected
from licensing.keys import PublicKey, Signer
from licensing.strict import base64, record, text

LONGEST_TYPE = 100


@dataclass(frozen=True)
class Envelope:
    """Read, but not believed: only open() gives out what was signed. `key_id` is a hint and is not signed."""

    payload_type: str
    payload: bytes
    key_id: str
    signature: bytes

    @classmethod
    def from_dict(cls, data: object, what: str) -> "Envelope":
        fields = record(data, ("payload", "payloadType", "signatures"), what)
        signatures = fields["signatures"]
        if not isinstance(signatures, list) or len(signatures) != 1:
            raise Malformed(f"{what} does not have exactly one signature.")
        signature = record(signatures[0], ("keyid", "sig"), f"{what}'s signature")
        return cls(
            text(fields["payloadType"], f"{what}'s payload type", LONGEST_TYPE),
            base64(fields["payload"], f"{what}'s payload"),
            text(signature["keyid"], f"{what}'s key id", LONGEST_TYPE),
            base64(signature["sig"], f"{what}'s signature"),
        )

    def to_dict(self) -> dict[str, Any]:
        return {
            "payload": b64encode(self.payload).decode(),
            "payloadType": self.payload_type,
            "signatures": [{"keyid": self.key_id, "sig": b64encode(self.signature).decode()}],
        }

    def open(self, payload_type: str, key: PublicKey, what: str) -> bytes:
        """The payload, once `key` signed it as being of this type. `what` begins the sentence: "The certificate"."""
        if self.payload_type != payload_type:
            raise Malformed(f"{what}'s payload type is {self.payload_type!r}, not {payload_type!r}.")
        if not key.verifies(self.signature, pre_authentication_encoding(self.payload_type, self.payload)):
            raise Rejected(Finding.TAMPERED, f"{what} was changed after it was signed, or the signature is not its own.")
        return self.payload


def seal(payload_type: str, payload: bytes, signer: Signer) -> Envelope:
    return Envelope(payload_type, payload, signer.public.id, signer(pre_authentication_encoding(payload_type, payload)))


def pre_authentication_encoding(payload_type: str, payload: bytes) -> bytes:
    """What is signed: neither the type nor the payload can grow into the other."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)
