"""record(): the audit entry of an action, in that action's transaction."""

import logging
import time
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from .models import Entry, Salt
from .sequencer import sequence_soon

log = logging.getLogger(__name__)
HINT_EVERY = 1.0  # seconds, as beat


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
    transaction.on_commit(_hint)
    return Entry.objects.create(
        action=action, subject=subject, studio=studio, actor=actor, titles=list(titles), licence=licence, detail=detail
    )


def forget(*, person: UUID) -> None:
    """After this the leaves of what she did outside every studio name nobody. A studio's log stays provable: it may need that in court."""
    Salt.objects.filter(entry__studio=None, entry__actor=person).delete()


def _hint() -> None:
    """Tells a worker now rather than at beat's next turn. Losing it is harmless, so a dead broker must not fail the request."""
    if not _turn.came():
        return
    try:
        sequence_soon.apply_async(queue="io", retry=False, expires=5)
    except sequence_soon.OperationalError:
        log.warning("broker unreachable; new audit entries wait for beat")


class _Turn:
    """Comes once in HINT_EVERY for this process, so that a hint costs the deeds of a busy hour next to nothing."""

    def __init__(self) -> None:
        self._last = -HINT_EVERY

    def came(self) -> bool:
        now = time.monotonic()
        came = now - self._last >= HINT_EVERY
        if came:
            self._last = now
        return came


_turn = _Turn()
