"""What a leaf of the log says. It can never be taken back, so that people and free text stand in it as salted commitments only."""

import hmac
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from atelier.kit import ids
from licensing import evidence
from licensing.canonical import LARGEST_INTEGER
from licensing.commitment import commit

from .models import PLATFORM, Entry

VERSION = 1
# Public ids of people and of their memberships.
PERSONAL = ("usr_", "mbr_")
# Facts whose values are words of ours. Whatever else is text might name somebody.
OURS = frozenset(("role", "before", "currency", "language", "code", "stage", "media", "territories", "layout", "scopes"))
_WORD = re.compile(r"[A-Za-z][A-Za-z_-]{0,39}")
_PUBLIC = re.compile(r"[a-z]{3}_[0-9a-f]{32}|sha256:[0-9a-f]{64}|[0-9a-f]{64}")


@dataclass(frozen=True)
class Opening:
    """What a commitment stands for: whoever is given this sees that the leaf meant `value` at `path`."""

    path: str
    value: str
    salt: bytes

    def to_dict(self) -> dict[str, str]:
        return {"path": self.path, "value": self.value, "salt": self.salt.hex()}


@dataclass(frozen=True)
class Said:
    """`data`: the bytes that are hashed and handed out."""

    data: bytes
    openings: tuple[Opening, ...]


def tree_of(studio: UUID | None) -> UUID:
    return studio or PLATFORM


def said(entry: Entry, salt: bytes) -> Said:
    """The same for the same entry and salt, for ever. `salt`: 32 random bytes of this entry alone."""
    words = _Words(salt)
    value = {
        "version": VERSION,
        "number": entry.id,
        "at": moment(entry.at),
        "action": entry.action,
        "subject": words.text("subject", entry.subject, ours=not entry.subject.startswith(PERSONAL)),
        "actor": words.text("actor", ids.public("usr", entry.actor)) if entry.actor else None,
        "titles": list(entry.titles),
        "licence": entry.licence,
        "detail": words.of("detail", "", entry.detail),
    }
    return Said(evidence.entry(value), tuple(words.openings))


def moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


@dataclass
class _Words:
    """Commits to whatever might name a person, and remembers how to open it."""

    salt: bytes
    openings: list[Opening] = field(default_factory=list)

    def of(self, path: str, name: str, value: Any) -> Any:
        """`name`: the innermost name in the entry's detail that `value` stands under."""
        if isinstance(value, dict):
            return {key: self.of(f"{path}/{key}", key, each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.of(f"{path}/{place}", name, each) for place, each in enumerate(value)]
        if value is None or isinstance(value, bool) or (isinstance(value, int) and abs(value) <= LARGEST_INTEGER):
            return value
        if isinstance(value, int | float):  # no verifier reads fractions
            return str(value)
        return self.text(path, value, ours=harmless(name, value))

    def text(self, path: str, value: str, *, ours: bool = False) -> Any:
        if ours:
            return value
        # A salt for each place, so that opening one commitment opens no other.
        opening = Opening(path, value, hmac.digest(self.salt, path.encode(), sha256))
        self.openings.append(opening)
        return {"commitment": commit(opening.salt, value)}


def harmless(name: str, value: str) -> bool:
    """Whether this text cannot name a person: an id of something else, a digest, a word of ours, nothing."""
    if not value or (name in OURS and _WORD.fullmatch(value)):
        return True
    return bool(_PUBLIC.fullmatch(value)) and not value.startswith(PERSONAL)
