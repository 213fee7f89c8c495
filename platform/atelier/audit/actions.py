"""record(): the audit entry of an action, in that action's transaction."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from .models import Entry


def record(
    *,
    action: str,
    subject: str,
    studio: UUID | None,
    actor: UUID | None,
    titles: Sequence[str] = (),
    licence: str = "",
    **detail: Any,
) -> Entry:
    """Writes one entry. Refuses to run outside a transaction: an entry without its deed, or a deed without its entry, must not exist."""
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("audit.record() belongs inside the transaction of what it tells")
    return Entry.objects.create(
        action=action, subject=subject, studio=studio, actor=actor, titles=list(titles), licence=licence, detail=detail
    )
