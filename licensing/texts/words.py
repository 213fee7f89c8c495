"""The shape of one language's words."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Words:
    """`verdicts`: code -> (sentence, what to do next). The names say codes of the terms in words.

    Stages, media and territories also stand in licence texts that were sold: renaming one changes their hash, and a test fails.
    """

    verdicts: Mapping[str, tuple[str, str]]
    stages: Mapping[str, str]
    media: Mapping[str, str]
    territories: Mapping[str, str]
    facts: Mapping[str, str]
    conjunction: str

    def listed(self, parts: Sequence[str]) -> str:
        """a, b and c"""
        *before, last = parts
        return f"{', '.join(before)} {self.conjunction} {last}" if before else last

    def alphabetical(self, names: Iterable[str]) -> list[str]:
        """Sorted with accents aside, so that É stands with E."""
        return sorted(names, key=lambda name: unicodedata.normalize("NFKD", name).encode("ascii", "ignore"))

    def say(self, kind: str, codes: str) -> str:
        """Codes as they stand in a verdict's params ("web, games") in words; what has no words stays as it is."""
        names: Mapping[str, str] = {
            "stage": self.stages,
            "media": self.media,
            "territories": self.territories,
            "fact": self.facts,
        }.get(kind, {})
        return self.listed([names.get(code, code) for code in codes.split(", ")]) if names else codes
