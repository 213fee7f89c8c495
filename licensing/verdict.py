"""The judge's answer: the same value explains a grey button, a 409 and an audit line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from licensing.texts import words


class Code(StrEnum):
    OK = "OK"
    NOT_YET_VALID = "NOT_YET_VALID"
    EXPIRED = "EXPIRED"
    SUSPENDED = "SUSPENDED"
    REVOKED = "REVOKED"
    SEATS_TAKEN = "SEATS_TAKEN"
    NO_SEAT = "NO_SEAT"
    ALLOWANCE_SPENT = "ALLOWANCE_SPENT"
    STAGE_NOT_GRANTED = "STAGE_NOT_GRANTED"
    MEDIUM_NOT_GRANTED = "MEDIUM_NOT_GRANTED"
    TERRITORY_NOT_GRANTED = "TERRITORY_NOT_GRANTED"
    COMMERCIAL_NOT_GRANTED = "COMMERCIAL_NOT_GRANTED"
    TIER_FORBIDS_TRAINING = "TIER_FORBIDS_TRAINING"
    TIER_FORBIDS_DOWNLOAD = "TIER_FORBIDS_DOWNLOAD"
    TIER_FORBIDS_BASE_DOWNLOAD = "TIER_FORBIDS_BASE_DOWNLOAD"
    RANK_ABOVE_TIER = "RANK_ABOVE_TIER"
    STEPS_ABOVE_TIER = "STEPS_ABOVE_TIER"
    RESOLUTION_ABOVE_TIER = "RESOLUTION_ABOVE_TIER"
    TOO_MANY_CLIPS = "TOO_MANY_CLIPS"
    LIKENESS_NOT_GRANTED = "LIKENESS_NOT_GRANTED"
    CONSENT_MISSING = "CONSENT_MISSING"
    CONSENT_WITHDRAWN = "CONSENT_WITHDRAWN"
    TITLE_EXCLUDED = "TITLE_EXCLUDED"
    TITLE_NOT_CLEARED = "TITLE_NOT_CLEARED"
    LINEAGE_WITHDRAWN = "LINEAGE_WITHDRAWN"
    USE_NOT_DECLARED = "USE_NOT_DECLARED"
    BASE_MISMATCH = "BASE_MISMATCH"
    CONTEXT_INCOMPLETE = "CONTEXT_INCOMPLETE"


@dataclass(frozen=True)
class Verdict:
    """`code` is also the id of its sentence, `params` what the sentence is filled with, `clause` the field of the terms that decided.

    A verdict is true when it allows, so that forgetting `.ok` cannot turn a no into a yes.
    """

    ok: bool
    code: str
    sentence: str
    clause: str | None = None
    params: Mapping[str, str | int] = field(default_factory=dict, hash=False)

    def __post_init__(self) -> None:
        if self.ok is not (self.code == Code.OK):
            raise ValueError("A verdict is ok exactly when its code is OK.")

    def __bool__(self) -> bool:
        return self.ok

    def say(self, language: str) -> str:
        """The sentence in another language."""
        return _sentence(self.code, self.params, language)

    def next_step(self, language: str = "en") -> str:
        """What a person can do about it."""
        return words(language).verdicts[self.code][1]

    def to_dict(self, language: str = "en") -> dict[str, Any]:
        return {
            "ok": self.ok,
            "code": str(self.code),
            "sentence": self.say(language),
            "next": self.next_step(language),
            "clause": self.clause,
            "params": dict(self.params),
        }


def allow() -> Verdict:
    return Verdict(ok=True, code=Code.OK, sentence=_sentence(Code.OK, {}, "en"))


def refuse(code: Code, clause: str | None = None, **params: str | int) -> Verdict:
    return Verdict(ok=False, code=code, sentence=_sentence(code, params, "en"), clause=clause, params=params)


def _sentence(code: str, params: Mapping[str, str | int], language: str) -> str:
    language_words = words(language)
    said = {name: language_words.say(name, value) if isinstance(value, str) else value for name, value in params.items()}
    return language_words.verdicts[code][0].format(**said)
