"""Signers whose key lies in this process's memory. What only verifies has no use for this module."""

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from licensing.keys import BadSigner, PublicKey, Signer


def signer(private: Ed25519PrivateKey) -> Signer:
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
