"""What a reader says she needs, and what each tier's terms lack of it. Advice for choosing; the judge decides when it is used."""

from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any, Self

from django.utils.translation import gettext as _

from licensing.terms import Terms

MOST = 100_000


@dataclass(frozen=True)
class Need:
    hours: int = 0
    clips: int = 0
    edge: int = 0
    seats: int = 1
    commercial: bool = False
    download: bool = False

    @classmethod
    def asked(cls, query: Mapping[str, str]) -> Self:
        """From a form's query. What is no number counts as not asked for."""
        asked: dict[str, Any] = {field.name: _read(field, query[field.name]) for field in fields(cls) if field.name in query}
        return cls(**asked)

    def lacks(self, terms: Terms) -> list[str]:
        """In words, what these terms do not give; empty where they give everything."""
        checks = {
            _("no training"): bool(self.hours or self.clips) and not terms.may_train,
            _("too little training time"): terms.may_train and self.hours * 3600 > terms.training_seconds,
            _("too few clips"): terms.may_train and self.clips > terms.max_clips,
            _("resolution too low"): terms.may_train and self.edge > terms.max_resolution,
            _("too few seats"): self.seats > terms.seats,
            _("no commercial use"): self.commercial and not terms.commercial,
            _("no download of your model"): self.download and not terms.may_download,
        }
        return [words for words, missing in checks.items() if missing]


def _read(field: Field[Any], text: str) -> int | bool:
    if field.type is bool:
        return bool(text)
    unsaid: Any = field.default
    return min(int(text), MOST) if text.isascii() and text.isdigit() and len(text) < 9 else int(unsaid)
