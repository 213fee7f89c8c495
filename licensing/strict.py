"""Reading what strangers send: JSON that can be read in one way only, and fields that must be what they are called. Raises Malformed."""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from licensing.canonical import LARGEST_INTEGER, canonical
from licensing.findings import Malformed

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,99}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)


def parse(data: bytes, limit: int, what: str) -> Any:
    """JSON without doubled names, fractions, NaN or lone surrogates. `what` begins the sentence: "The certificate"."""
    if len(data) > limit:
        raise Malformed(f"{what} is larger than {limit} bytes.")
    try:
        value = json.loads(data.decode(), object_pairs_hook=_unique, parse_int=_exact, parse_float=_not_whole, parse_constant=_not_whole)
        json.dumps(value, ensure_ascii=False).encode()  # refuses half of a surrogate pair, which no UTF-8 can say
    except (ValueError, RecursionError) as error:
        raise Malformed(f"{what} is not JSON that can be read in one way only: {_short(error)}.") from error
    return value


def parse_canonical(data: bytes, limit: int, what: str) -> Any:
    """As parse(), and the bytes must be the canonical form (RFC 8785), so that nobody can say one thing in two ways."""
    value = parse(data, limit, what)
    if canonical(value) != data:
        raise Malformed(f"{what} is not written in canonical JSON.")
    return value


def record(value: object, names: Collection[str], what: str) -> dict[str, Any]:
    """An object with exactly these names."""
    if not isinstance(value, dict):
        raise Malformed(f"{what} is not an object.")
    if set(value) != set(names):
        wrong = ", ".join(sorted(set(value) ^ set(names)))
        raise Malformed(f"{what} lacks, or has beyond what is known: {wrong[:200]}.")
    return value


def version(value: object, known: int, what: str) -> None:
    if type(value) is not int or value != known:
        raise Malformed(f"{what} has version {str(value)[:20]}; only version {known} is known.")


def whole(value: object, least: int, what: str) -> int:
    if type(value) is not int or not least <= value <= LARGEST_INTEGER:
        raise Malformed(f"{what} is not a whole number from {least}.")
    return value


def text(value: object, what: str, longest: int = 300) -> str:
    if not isinstance(value, str) or not value or len(value) > longest or not value.isprintable():
        raise Malformed(f"{what} is not one line of 1 to {longest} characters.")
    return str(value)


def identifier(value: object, what: str) -> str:
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Malformed(f"{what} is not an id.")
    return str(value)


def digest(value: object, what: str) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise Malformed(f"{what} is not sha256: and 64 lower-case hexadecimal digits.")
    return str(value)


def base64(value: object, what: str) -> bytes:
    """Standard base64 with padding, in its one canonical spelling."""
    try:
        decoded = b64decode(value, validate=True) if isinstance(value, str) else b""
    except ValueError as error:
        raise Malformed(f"{what} is not base64.") from error
    if b64encode(decoded).decode() != value:
        raise Malformed(f"{what} is not base64 in its canonical spelling.")
    return decoded


def listed(value: object, item: Callable[[object, str], str], what: str) -> tuple[str, ...]:
    """A sorted list without repetition."""
    if not isinstance(value, list):
        raise Malformed(f"{what} is not a list.")
    items = tuple(item(each, f"An item of {what[0].lower()}{what[1:]}") for each in value)
    if any(earlier >= later for earlier, later in pairwise(items)):
        raise Malformed(f"{what} is not sorted, or repeats something.")
    return items


def moment(value: object, what: str) -> datetime:
    """UTC to the second, with a Z."""
    try:
        if isinstance(value, str) and _MOMENT.fullmatch(value):
            return datetime.fromisoformat(value)
    except ValueError as error:
        raise Malformed(f"{what} is no time that ever was: {value}.") from error
    raise Malformed(f"{what} is not a time in the form 2026-01-31T12:00:00Z.")


def written(at: datetime) -> str:
    """The form that moment() reads. Raises ValueError for a time without a zone, which is a mistake of the caller."""
    if at.tzinfo is None:
        raise ValueError("A moment needs its time zone.")
    return at.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # JSON readers differ in which of two equal names they keep.
    named = dict(pairs)
    if len(named) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return named


def _exact(word: str) -> int:
    if len(word) > len(str(-LARGEST_INTEGER)) or abs(number := int(word)) > LARGEST_INTEGER:
        raise ValueError("a number is too large to be exact")
    return number


def _not_whole(word: str) -> Any:
    raise ValueError(f"{word[:20]} is not a whole number")


def _short(error: Exception) -> str:
    return str(error)[:120].rstrip(".") or type(error).__name__
