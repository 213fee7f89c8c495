"""What may be read from the log, and its CSV."""

import csv
import json
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from .models import Entry

COLUMNS = ("id", "at", "actor", "action", "subject", "title", "licence", "detail")
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def of_studio(studio: UUID, *, action: str = "", title: str = "", licence: str = "", actor: UUID | None = None) -> QuerySet[Entry]:
    """A studio's entries, newest first, narrowed by what is given (`action` is a prefix: `training.` means all of a training's)."""
    wanted: dict[str, Any] = {"title": title, "licence": licence, "actor": actor, "action__startswith": action}
    return Entry.objects.filter(studio=studio, **{name: value for name, value in wanted.items() if value})


def harmless(cell: object) -> str:
    """A cell that no spreadsheet runs as a formula (OWASP CSV injection): a leading quote before the dangerous signs."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Line:
    """A file whose write() hands the line back: csv.writer's way to stream."""

    def write(self, text: str) -> str:
        return text


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """The entries as CSV lines, header first."""
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for entry in entries:
        detail = json.dumps(entry.detail, sort_keys=True, ensure_ascii=False)
        cells = (entry.id, entry.at.isoformat(), entry.actor or "", entry.action, entry.subject, entry.title, entry.licence, detail)
        yield writer.writerow([harmless(cell) for cell in cells])
