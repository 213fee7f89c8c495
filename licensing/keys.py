"""Ed25519 keys: who can sign (a callback, so that a key may stay in a KMS), and whose signature it is."""

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from licensing.findings import Malformed

KEY_BYTES = 32
# What stands before the 32 bytes in the one DER form of an Ed25519 public key (RFC 8410, section 4). Written down here because
# cryptography's reader of PEM takes longer to import than all else that a verifier does besides hashing.
DER_HEAD = bytes.fromhex("302a300506032b6570032100")
_PEM = re.compile(rb"-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----")


class BadSigner(ValueError):
    """This key cannot sign, or did not sign what it was given: a mistake of whoever runs the platform."""


@dataclass(frozen=True)
class PublicKey:
    """`raw`: the 32 bytes of RFC 8032. Its id is their SHA-256 in hexadecimal."""

    raw: bytes

    def __post_init__(self) -> None:
        if len(self.raw) != KEY_BYTES:
            raise Malformed("A public key is not 32 bytes long.")

    @cached_property
    def id(self) -> str:
        return hashlib.sha256(self.raw).hexdigest()

    @property
    def pem(self) -> str:
        return f"-----BEGIN PUBLIC KEY-----\n{b64encode(DER_HEAD + self.raw).decode()}\n-----END PUBLIC KEY-----\n"

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)

    @classmethod
    def all_from_pem(cls, text: bytes) -> "tuple[PublicKey, ...]":
        """The keys in a text with any number of PEM blocks, and any words around them."""
        return tuple(cls._from_der(block) for block in _PEM.findall(text))

    @classmethod
    def _from_der(cls, block: bytes) -> "PublicKey":
        try:
            der = b64decode(block)
        except ValueError as error:
            raise Malformed("A public key is not PEM.") from error
        if not der.startswith(DER_HEAD):
            raise Malformed("A public key is not an Ed25519 key.")
        return cls(der[len(DER_HEAD) :])

    def verifies(self, signature: bytes, message: bytes) -> bool:
        try:
            self._key.verify(signature, message)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True)
class Signer:
    """A key that can sign without being here: `sign` maps the message to 64 bytes, as a KMS does for Ed25519."""

    public: PublicKey
    sign: Callable[[bytes], bytes]

    def __call__(self, message: bytes) -> bytes:
        """Raises BadSigner where the callback signs with another key: better now than at every customer's."""
        signature = self.sign(message)
        if not self.public.verifies(signature, message):
            raise BadSigner(f"What came back was not signed with key {self.public.id}.")
        return signature
