"""One canonical JSON form (RFC 8785) and the digest of it: what makes two equal values one value everywhere."""

import hashlib
from typing import Any

import rfc8785

# JSON numbers are doubles: beyond this whole numbers are no longer exact, and RFC 8785 refuses them.
LARGEST_INTEGER = 2**53 - 1


def canonical(value: Any) -> bytes:
    return rfc8785.dumps(value)


def digest(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()
