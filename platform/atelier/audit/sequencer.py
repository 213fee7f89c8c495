"""Gives entries their places, one sequencer at a time, each batch in one transaction: killed in between, it has done nothing."""

import secrets
from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import connection, transaction

from licensing.commitment import SALT_BYTES

from .leaves import said, tree_of
from .models import Entry, Pending
from .trees import Growth

BATCH = 1000
# At most so many batches at once, so that nobody waits for ever while others keep adding.
MOST_BATCHES = 50
LOCK = 0x41554449
LEAVES = "COPY audit_leaf (entry_id, tree, place, data, hash) FROM STDIN"
SALTS = "COPY audit_salt (entry_id, salt) FROM STDIN"
NODES = "COPY audit_node (tree, level, place, hash) FROM STDIN"


def alone(*, wait: bool) -> bool:
    """Whether no other transaction sequences or signs until the end of this one."""
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK])
        return bool(cursor.fetchone()[0])


@transaction.atomic
def sequence(*, wait: bool = False, most: int = BATCH) -> int:
    """Places the oldest entries that have none. Returns how many; 0 also where another is at it and nobody waits."""
    if not alone(wait=wait):
        return 0
    waiting = list(Pending.objects.order_by("entry").values_list("entry", flat=True)[:most])
    by_tree: dict[UUID, list[Entry]] = defaultdict(list)
    for entry in Entry.objects.filter(pk__in=waiting).order_by("pk"):
        by_tree[tree_of(entry.studio)].append(entry)
    for tree, entries in by_tree.items():
        _place(tree, entries)
    Pending.objects.filter(pk__in=waiting).delete()
    return len(waiting)


def catch_up() -> None:
    """Places everything that is there by now, waiting for whoever is at it."""
    for _ in range(MOST_BATCHES):
        if sequence(wait=True) < BATCH:
            return


def _place(tree: UUID, entries: list[Entry]) -> None:
    growth, leaves, salts = Growth(tree), [], []
    for entry in entries:
        salt = secrets.token_bytes(SALT_BYTES)
        data = said(entry, salt).data
        place, hashed = growth.append(data)
        leaves.append((entry.pk, tree, place, data.decode(), hashed))
        salts.append((entry.pk, salt))
    copy(LEAVES, leaves)
    copy(SALTS, salts)
    copy(NODES, growth.nodes)


def copy(into: str, rows: Iterable[tuple[Any, ...]]) -> None:
    """Several times as fast as INSERT."""
    with connection.cursor() as cursor, cursor.copy(into) as line:
        for row in rows:
            line.write_row(row)


@shared_task(name="audit.sequence")
def sequence_soon() -> None:
    """Beat's, and whatever wrote an entry hints at it."""
    for _ in range(MOST_BATCHES):
        if sequence() < BATCH:
            return
