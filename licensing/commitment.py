"""Salted commitments: how a log that nobody can rewrite speaks of a person without keeping anything about that person for ever.

The entry holds the commitment; salt and value lie beside the log. Whoever is given both sees that the entry meant this value. Once the salt
is erased, the entry means nothing to anybody, and still stands where it stood.
"""

import hashlib
from hmac import compare_digest

SALT_BYTES = 32


def commit(salt: bytes, value: str) -> str:
    """`salt`: 32 random bytes, others for every entry. Raises ValueError for another length: two lengths could meet in one commitment."""
    if len(salt) != SALT_BYTES:
        raise ValueError(f"A salt has {SALT_BYTES} bytes.")
    return "sha256:" + hashlib.sha256(salt + value.encode()).hexdigest()


def opens(commitment: str, salt: bytes, value: str) -> bool:
    return len(salt) == SALT_BYTES and compare_digest(commitment.encode(), commit(salt, value).encode())
