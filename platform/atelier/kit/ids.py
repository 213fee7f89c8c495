"""Identifiers: UUIDv7 in the database, prefixed for people (`trn_…`)."""

import re
from uuid import UUID

import uuid_utils.compat

from .refused import Refused

# One spelling for each id: UUID() itself would also read braces, spaces, underscores and other scripts' digits.
HEX = re.compile(r"[0-9a-f]{32}")


def uuid7() -> UUID:
    """A time-ordered UUID (RFC 9562, version 7)."""
    return uuid_utils.compat.uuid7()


def public(prefix: str, value: UUID) -> str:
    return f"{prefix}_{value.hex}"


def parse(prefix: str, text: str) -> UUID:
    """The UUID of a public id. An id of another kind, or no id at all, is simply not found: Refused("not_found")."""
    head, _, tail = text.partition("_")
    if head != prefix or not HEX.fullmatch(tail):
        raise not_found()
    return UUID(hex=tail)


def not_found() -> Refused:
    return Refused("not_found", "There is nothing here that you may see.", status=404)
