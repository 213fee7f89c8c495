"""Terms: everything that a licence grants, as one value whose id is its hash. Nothing is granted by leaving a field out."""

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Any

from licensing.canonical import LARGEST_INTEGER, canonical, digest
from licensing.money import WHOLE_BPS, BadMoney, Money
from licensing.territories import TERRITORIES, WORLD

VERSION = 2
VERSIONS = (1, 2)
STAGES = ("pre_production", "production", "post", "release")
MEDIA = ("web", "social", "festival", "broadcast", "theatrical", "advertising", "games")
LIKENESS = ("none", "consented")
LONGEST_TEXT = 300
LONGEST_PERIOD_DAYS = 36_525

# The version that a field came with, when it was not the first; and what terms that are older read as.
SINCE = {"priority": 2, "concurrent_trainings": 2}
NOTHING_SAID = {"priority": False, "concurrent_trainings": None}

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
# Control characters, line breaks, surrogates and invisible direction marks: a name that carries them could forge a clause of the text.
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class BadTerms(ValueError):
    """These terms cannot be: `field` says where, `sentence` says why."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(f"{field}: {sentence}")
        self.field = field
        self.sentence = sentence


@dataclass(frozen=True, kw_only=True)
class Terms:
    """One tier revision's terms. Every way to make one checks every field and raises BadTerms.

    Terms of an older version say nothing of what came later (SINCE): they hold no such field, and read as what NOTHING_SAID names. So they
    keep their bytes and their id for ever.

    Lists are kept sorted and without repetition, and text in Unicode NFC, so that the same grants always have the same id.
    """

    grantor: str
    offering: str
    base_digest: str  # "sha256:…" of the base model version
    stages: tuple[str, ...]  # of STAGES
    commercial: bool
    media: tuple[str, ...]  # of MEDIA
    territories: tuple[str, ...]  # ISO 3166-1 alpha-2, or WORLD alone
    period_days: int | None  # None: without end
    seats: int  # people who may use the licence, its holder included
    may_train: bool
    training_seconds: int  # included in the price
    max_rank: int
    max_steps: int
    max_resolution: int  # longest edge in pixels
    max_clips: int
    may_download: bool  # custom models
    may_download_base: bool
    may_sublicense: bool
    may_merge: bool
    may_sell_outputs: bool
    revenue_cap: Money | None  # the licensee's revenue in twelve months; None: no cap
    likeness: str  # of LIKENESS
    credit_line: str | None
    titles_excluded: tuple[str, ...]
    royalty_bps: int  # hundredths of a per cent of what is paid for the licence
    priority: bool = False  # whether its trainings wait in the priority lane
    concurrent_trainings: int | None = None  # how many of the licence may be at work at once; None: these terms do not say
    version: int = VERSION

    def __post_init__(self) -> None:
        for name, check in _checks(_version("version", self.version)).items():
            object.__setattr__(self, name, check(name, getattr(self, name)))
        for name, nothing in NOTHING_SAID.items():
            if SINCE[name] > self.version and getattr(self, name) is not nothing:
                raise BadTerms(name, f"Terms of version {self.version} say nothing of this.")
        if self.may_sell_outputs and not self.commercial:
            raise BadTerms("may_sell_outputs", "Selling outputs is commercial use, which these terms do not grant.")

    @classmethod
    def from_dict(cls, data: object) -> "Terms":
        """Terms from parsed JSON: every field present, no other, each of its own type."""
        if not isinstance(data, Mapping):
            raise BadTerms("terms", "Terms are an object with named fields.")
        if "version" not in data:
            raise BadTerms("version", "The field is missing: it says which fields there are.")
        known = _checks(_version("version", data["version"]))
        for name in data:
            if name not in known:
                raise BadTerms(str(name), "There is no such field.")
        for name in known:
            if name not in data:
                raise BadTerms(name, "The field is missing; nothing is granted by leaving it out.")
        return cls(**data)

    def to_dict(self) -> dict[str, Any]:
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self) if SINCE.get(field.name, 1) <= self.version}

    def canonical(self) -> bytes:
        """RFC 8785 JSON: the bytes that are hashed and signed."""
        return canonical(self.to_dict())

    @cached_property
    def id(self) -> str:
        return digest(self.canonical())


def _plain(value: Any) -> Any:
    if isinstance(value, Money):
        return value.to_dict()
    return list(value) if isinstance(value, tuple) else value


def _version(name: str, value: object) -> int:
    if type(value) is not int or value not in VERSIONS:
        raise BadTerms(name, f"Only versions {' and '.join(map(str, VERSIONS))} are known.")
    return value


def _checks(version: int) -> dict[str, Callable[[str, object], Any]]:
    """The fields that terms of this version have, each with what checks it."""
    return {name: check for name, check in _CHECKS.items() if SINCE.get(name, 1) <= version}


def _flag(name: str, value: object) -> bool:
    if type(value) is not bool:
        raise BadTerms(name, "Must be true or false.")
    return value


def _whole(least: int, most: int = LARGEST_INTEGER) -> Callable[[str, object], int]:
    def check(name: str, value: object) -> int:
        if type(value) is not int or not least <= value <= most:
            raise BadTerms(name, f"Must be a whole number from {least} to {most}.")
        return value

    return check


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise BadTerms(name, "Must be text.")
    if any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in value):
        raise BadTerms(name, "Must be a single line without invisible characters.")
    text = unicodedata.normalize("NFC", value)
    if not text or text != text.strip() or len(text) > LONGEST_TEXT:
        raise BadTerms(name, f"Must be 1 to {LONGEST_TEXT} characters, without spaces around them.")
    return text


def _digest(name: str, value: object) -> str:
    if not isinstance(value, str) or not _DIGEST.fullmatch(value):
        raise BadTerms(name, "Must be sha256: and 64 lower-case hexadecimal digits.")
    return str(value)


def _one_of(known: tuple[str, ...]) -> Callable[[str, object], str]:
    def check(name: str, value: object) -> str:
        if not isinstance(value, str) or value not in known:
            raise BadTerms(name, f"Must be one of {', '.join(known)}.")
        return known[known.index(value)]

    return check


def _list_of(check_item: Callable[[str, object], str]) -> Callable[[str, object], tuple[str, ...]]:
    def check(name: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list | tuple | set | frozenset):
            raise BadTerms(name, "Must be a list.")
        return tuple(sorted({check_item(name, item) for item in value}))

    return check


def _territory(name: str, value: object) -> str:
    if not isinstance(value, str) or value not in TERRITORIES:
        raise BadTerms(name, f"Must be two-letter ISO 3166 country codes, or {WORLD}.")
    return str(value)


def _territories(name: str, value: object) -> tuple[str, ...]:
    territories = _list_of(_territory)(name, value)
    if WORLD in territories and len(territories) > 1:
        raise BadTerms(name, f"{WORLD} holds every country already; name it alone.")
    return territories


def _money(name: str, value: object) -> Money:
    try:
        money = value if isinstance(value, Money) else Money.from_dict(value)
    except BadMoney as error:
        raise BadTerms(name, str(error)) from error
    if money.amount <= 0:
        raise BadTerms(name, "Must be above zero; no cap at all is written as null.")
    return money


def _optional(check: Callable[[str, object], Any]) -> Callable[[str, object], Any]:
    return lambda name, value: None if value is None else check(name, value)


_CHECKS: dict[str, Callable[[str, object], Any]] = {
    "version": _version,
    "grantor": _text,
    "offering": _text,
    "base_digest": _digest,
    "stages": _list_of(_one_of(STAGES)),
    "commercial": _flag,
    "media": _list_of(_one_of(MEDIA)),
    "territories": _territories,
    "period_days": _optional(_whole(1, LONGEST_PERIOD_DAYS)),
    "seats": _whole(1),
    "may_train": _flag,
    "training_seconds": _whole(0),
    "max_rank": _whole(0),
    "max_steps": _whole(0),
    "max_resolution": _whole(0),
    "max_clips": _whole(0),
    "may_download": _flag,
    "may_download_base": _flag,
    "may_sublicense": _flag,
    "may_merge": _flag,
    "may_sell_outputs": _flag,
    "revenue_cap": _optional(_money),
    "likeness": _one_of(LIKENESS),
    "credit_line": _optional(_text),
    "titles_excluded": _list_of(_text),
    "royalty_bps": _whole(0, WHOLE_BPS),
    "priority": _flag,
    "concurrent_trainings": _whole(1),
}
