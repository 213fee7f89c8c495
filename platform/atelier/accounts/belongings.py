"""What each app holds on a person: told for her data export, given up when she closes her account.

Accounts stands low on the staircase and knows no app above. So each of them says it in a module `belongings` of its own, which
AccountsConfig.ready imports.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from django.db.models import Model

from atelier.kit.models import Row
from atelier.kit.refused import Refused

from .models import User

Exporter = Callable[[User], Iterable[dict[str, Any]]]
Reasons = Callable[[User], Iterable[Refused]]
Eraser = Callable[[User], None]
F = TypeVar("F", bound=Callable[..., Any])

EXPORTERS: dict[str, Exporter] = {}
REASONS: list[Reasons] = []
ERASERS: list[Eraser] = []


def exports(name: str) -> Callable[[Exporter], Exporter]:
    """Registers what stands under this name in the export: rows as plain values, no secrets."""

    def register(exporter: Exporter) -> Exporter:
        EXPORTERS[name] = exporter
        return exporter

    return register


def keeps_open(reasons: Reasons) -> Reasons:
    """Registers why an account cannot be closed yet: a Refused for each reason, each saying what to do first."""
    REASONS.append(reasons)
    return reasons


def erases(eraser: Eraser) -> Eraser:
    """Registers what goes when an account is closed. It runs inside that transaction; files are deleted through the outbox."""
    ERASERS.append(eraser)
    return eraser


def reasons(person: User) -> list[Refused]:
    return [refused for ask in REASONS for refused in ask(person)]


def facts(row: Model, *names: str) -> dict[str, Any]:
    """The row's public id, when it has one, and these fields; what it points to by public id."""
    known = {"id": row.public_id, "created_at": row.created_at} if isinstance(row, Row) else {}
    return {**known, **{name: _told(getattr(row, name)) for name in names}}


def _told(value: Any) -> Any:
    return value.public_id if isinstance(value, Row) else value
