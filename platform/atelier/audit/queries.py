"""What may be read from the log, and its CSV."""

import csv
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Count, F, Func, QuerySet

from atelier.kit import ids

from .models import Entry

COLUMNS = ("id", "at", "actor", "action", "subject", "titles", "licence", "detail")
LONGEST_NUMBER = 18  # digits; the largest bigint has 19
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")


def of_studio(
    studio: UUID,
    *,
    action: str = "",
    title: str = "",
    licence: str = "",
    subject: str = "",
    actor: UUID | None = None,
    number: int | None = None,
    since: datetime | None = None,
    before: datetime | None = None,
) -> QuerySet[Entry]:
    """A studio's entries, newest first, narrowed by what is given (`action` is a prefix: `training.` means all of a training's)."""
    wanted: dict[str, Any] = {
        "titles__contains": [title] if title else [],
        "licence": licence,
        "subject": subject,
        "actor": actor,
        "pk": number,
        "at__gte": since,
        "at__lt": before,
        "action__startswith": action,
    }
    return Entry.objects.filter(studio=studio, **{name: value for name, value in wanted.items() if value})


def find(studio: UUID, number: str) -> Entry:
    """The entry of this studio's log with that number, or Refused("not_found", 404)."""
    known = number.isascii() and number.isdecimal() and len(number) <= LONGEST_NUMBER
    entry = Entry.objects.filter(studio=studio, pk=int(number)).first() if known else None
    if entry is None:
        raise ids.not_found()
    return entry


def usage(entries: QuerySet[Entry]) -> QuerySet[Entry, Any]:
    """How often what was done with which title under which licence, most often first. What concerns no title is left out."""
    by_title = entries.order_by().annotate(title=Func(F("titles"), function="unnest", output_field=CharField()))
    return by_title.values("action", "title", "licence").annotate(times=Count("id")).order_by("-times", "action", "title", "licence")


def harmless(cell: object) -> str:
    """A cell that no spreadsheet runs as a formula (OWASP CSV injection): a leading quote before the dangerous signs."""
    text = str(cell)
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


class _Line:
    """A file whose write() hands the line back: csv.writer's way to stream."""

    def write(self, text: str) -> str:
        return text


def sheet(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    """CSV lines, header first, in which no cell is a formula."""
    writer = csv.writer(_Line())
    yield writer.writerow(header)
    for cells in rows:
        yield writer.writerow([harmless(cell) for cell in cells])


def as_csv(entries: Iterable[Entry]) -> Iterator[str]:
    """The entries as CSV lines, header first."""
    return sheet(COLUMNS, map(_cells, entries))


def _cells(entry: Entry) -> tuple[object, ...]:
    detail = json.dumps(entry.detail, sort_keys=True, ensure_ascii=False)
    actor = ids.public("usr", entry.actor) if entry.actor else ""
    return (entry.id, entry.at.isoformat(), actor, entry.action, entry.subject, " ".join(entry.titles), entry.licence, detail)
