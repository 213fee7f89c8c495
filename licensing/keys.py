"""Ed25519 keys: who can sign (a callback, so that a key may stay in a KMS), and whose signature it is."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key, load_pem_public_key

from licensing.findings import Malformed

KEY_BYTES = 32


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

    @cached_property
    def pem(self) -> str:
        return self._key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    @cached_property
    def _key(self) -> Ed25519PublicKey:
        return Ed25519PublicKey.from_public_bytes(self.raw)

    @classmethod
    def from_pem(cls, pem: bytes) -> "PublicKey":
        try:
            key = load_pem_public_key(pem)
        except (ValueError, UnsupportedAlgorithm) as error:
            raise Malformed("A public key is not PEM.") from error
        if not isinstance(key, Ed25519PublicKey):
            raise Malformed("A public key is not an Ed25519 key.")
        return cls(key.public_bytes_raw())

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


def signer(private: Ed25519PrivateKey) -> Signer:
    """For a key that lies in this process's memory."""
    return Signer(PublicKey(private.public_key().public_bytes_raw()), private.sign)


def signer_from_pem(pem: bytes) -> Signer:
    """Unencrypted PKCS #8, as the environment brings it. Its message never repeats the key."""
    try:
        private = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise BadSigner("The signing key is not an unencrypted PEM private key.") from None
    if not isinstance(private, Ed25519PrivateKey):
        raise BadSigner("The signing key is not an Ed25519 key.")
    return signer(private)
