"""API tokens: `atl_` + 40 random base62 signs + CRC32 in base62 (6 signs), so that a scanner can tell a leaked one from noise."""

import hashlib
import hmac
import secrets
import string
import zlib

from django.conf import settings

PREFIX = "atl_"
ALPHABET = string.digits + string.ascii_letters
RANDOM_SIGNS, CHECK_SIGNS = 40, 6


def mint() -> str:
    body = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_SIGNS))
    return PREFIX + body + _check(body)


def well_formed(token: str) -> bool:
    """Whether prefix, length and checksum fit. Tells nothing about validity; spares the database a look-up."""
    body = token[len(PREFIX) : -CHECK_SIGNS]
    return (
        token.startswith(PREFIX) and len(body) == RANDOM_SIGNS and hmac.compare_digest(_check(body).encode(), token[-CHECK_SIGNS:].encode())
    )


def digest(token: str) -> str:
    return hmac.new(settings.TOKEN_PEPPER.encode(), token.encode(), hashlib.sha256).hexdigest()


def _check(body: str) -> str:
    number, signs = zlib.crc32(body.encode()), ""
    for _ in range(CHECK_SIGNS):
        number, rest = divmod(number, len(ALPHABET))
        signs = ALPHABET[rest] + signs
    return signs
