"""What is asked of the judge (Action) and the facts it is asked about (Context, Use)."""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

LICENCE_STATES = ("active", "suspended", "revoked")
CONSENTS = ("not_needed", "missing", "given", "withdrawn")


class BadContext(ValueError):
    """Facts that can only come from a programming mistake: the caller's bug, never the user's."""


class Action(StrEnum):
    QUOTE = "quote"
    UPLOAD = "upload"
    SEAL = "seal"
    START = "start"
    HEARTBEAT = "heartbeat"
    PREVIEW = "preview"
    DOWNLOAD = "download"  # a custom model
    DOWNLOAD_BASE = "download_base"
    INVITE = "invite"


@dataclass(frozen=True)
class Use:
    """What a project declares. Empty media or territories are not yet a declaration, and are judged so."""

    stage: str
    media: tuple[str, ...]
    territories: tuple[str, ...]
    commercial: bool

    def __post_init__(self) -> None:
        for name in ("media", "territories"):
            object.__setattr__(self, name, _words(name, getattr(self, name)))
        object.__setattr__(self, "stage", _text("stage", self.stage))
        object.__setattr__(self, "commercial", _flag("commercial", self.commercial))


@dataclass(frozen=True, kw_only=True)
class Context:
    """The facts as the caller knows them. None means "not known": an action that needs the fact is then refused, never allowed.

    Only `expires_at` reads None otherwise: the licence then ends `period_days` after `granted_at`, as its terms say.
    """

    licence_state: str | None = None  # of LICENCE_STATES
    granted_at: datetime | None = None  # aware
    expires_at: datetime | None = None  # aware; set where renewals moved the end, or the sale fixed it
    licensee: str | None = None
    actor: str | None = None
    seated: bool | None = None  # whether the actor has a seat of the licence; asked of whoever does not hold it
    seats_taken: int | None = None  # people who have a seat now, the holder included
    allowance_left: int | None = None  # training seconds, those on hold already taken off
    seconds_needed: int | None = None
    use: Use | None = None
    rank: int | None = None
    steps: int | None = None
    resolution: int | None = None  # longest edge in pixels
    clips: int | None = None  # how many the dataset has with what is being added
    titles: tuple[str, ...] | None = None  # that the base learned from; () when it learned from none
    base_digest: str | None = None
    consent: str | None = None  # of CONSENTS, the worst over all performers in the material
    lineage_withdrawn: bool | None = None  # a takedown reached something this stands on
    uncleared: tuple[str, ...] | None = None  # titles in the material that nothing may learn from now, each with its clips

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                object.__setattr__(self, field.name, _FACTS.get(field.name, _text)(field.name, value))


def same_name(title: str) -> str:
    """The form in which two spellings of one title are equal: Unicode NFC, case and outer spaces aside."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", title).casefold()).strip()


def aware(name: str, value: object) -> datetime:
    if not isinstance(value, datetime) or value.utcoffset() is None:
        raise BadContext(f"{name} must be a time with its time zone.")
    return value


def _text(name: str, value: object) -> str:
    if not isinstance(value, str) or not value:
        raise BadContext(f"{name} must be text.")
    return str(value)


def _count(name: str, value: object) -> int:
    if type(value) is not int or value < 0:
        raise BadContext(f"{name} must be a whole number of at least 0.")
    return value


def _flag(name: str, value: object) -> bool:
    if type(value) is not bool:
        raise BadContext(f"{name} must be true or false.")
    return value


def _words(name: str, value: object) -> tuple[str, ...]:
    if not isinstance(value, list | tuple | set | frozenset):
        raise BadContext(f"{name} must be a list of words.")
    return tuple(sorted({_text(name, word) for word in value}))


def _licence_state(name: str, value: object) -> str:
    if value not in LICENCE_STATES:
        raise BadContext(f"{name} must be one of {', '.join(LICENCE_STATES)}.")
    return str(value)


def _consent(name: str, value: object) -> str:
    if value not in CONSENTS:
        raise BadContext(f"{name} must be one of {', '.join(CONSENTS)}.")
    return str(value)


def _use(name: str, value: object) -> Use:
    if not isinstance(value, Use):
        raise BadContext(f"{name} must be a Use.")
    return value


_FACTS: dict[str, Callable[[str, object], object]] = {
    "licence_state": _licence_state,
    "granted_at": aware,
    "expires_at": aware,
    "seats_taken": _count,
    "allowance_left": _count,
    "seconds_needed": _count,
    "use": _use,
    "rank": _count,
    "steps": _count,
    "resolution": _count,
    "clips": _count,
    "titles": _words,
    "consent": _consent,
    "lineage_withdrawn": _flag,
    "seated": _flag,
    "uncleared": _words,
}
