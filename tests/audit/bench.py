"""The audit log beside its limits: python -m tests.audit.bench --json FILE [--quick], on a PostgreSQL of its own that is thrown away.

Proofs are read from the database as the site reads them, out of a tree of a million entries. The sequencer is measured beside what it
must keep up with: one client that commits plain inserts into the same table, one by one.
"""

import os
import random
import statistics
import sys
from collections.abc import Callable, Iterator
from uuid import UUID, uuid4

import django
from django.core.management import call_command
from django.db import connection

from frontend.bench import told
from frontend.bench.arms import Figure
from licensing import merkle
from licensing.merkle import Tree

MILLION, FEW = 1_000_000, 20_000
PROOFS = 500
ROUNDS, ONE_BY_ONE = 4, 200
BATCHES = 10
SECOND = 1000.0


def main(arguments: list[str]) -> None:
    quick = f"{FEW:,} entries instead of {MILLION:,}"
    told.command(arguments, measure, name="tests.audit.bench", about="The audit log beside its limits.", quick=quick)


def measure(quick: bool) -> Iterator[Figure]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atelier.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    yield from writing()
    yield from proofs(FEW if quick else MILLION)


def writing() -> Iterator[Figure]:
    from django.db import transaction

    from atelier.audit import sequencer
    from atelier.audit.actions import record
    from atelier.audit.models import Pending

    def deed(studio: UUID) -> None:
        with transaction.atomic():
            record(action="bench.deed", subject="trn_" + "0" * 32, studio=studio, actor=uuid4(), seconds=60, reason="a doubt")

    def many() -> float:
        studio = uuid4()
        return told.seconds(lambda: [deed(studio) for _ in range(ONE_BY_ONE)]) / ONE_BY_ONE

    alone, awaited = [], []
    for _ in range(ROUNDS):  # in turns, so that both meet the same machine
        execute("ALTER TABLE audit_entry DISABLE TRIGGER audit_entry_awaits")
        alone.append(many())
        execute("ALTER TABLE audit_entry ENABLE TRIGGER audit_entry_awaits")
        awaited.append(many())
    plain, more = statistics.median(alone), statistics.median(awaited)
    for studio in (uuid4() for _ in range(BATCHES)):
        with transaction.atomic():
            for _ in range(sequencer.BATCH):
                record(action="bench.deed", subject="trn_" + "0" * 32, studio=studio, actor=uuid4(), seconds=60, reason="a doubt")
    waiting = Pending.objects.count()
    placed = told.seconds(sequencer.catch_up) / waiting
    yield Figure(
        "a deed with its entry, beside the same without the sequencer", 1.5 * plain * SECOND, "ms", more * SECOND, ROUNDS * ONE_BY_ONE
    )
    yield Figure("placing an entry, beside committing one", plain * SECOND, "ms", placed * SECOND, waiting)


def proofs(size: int) -> Iterator[Figure]:
    from atelier.audit import trees

    tree, kept = uuid4(), Tree()
    fill(tree, kept, size)
    root = kept.root()
    chosen = random.Random(0).sample(range(1, size), PROOFS)
    pure = [milliseconds(lambda place=place: kept.inclusion(place)) for place in chosen]
    read = [milliseconds(lambda place=place: trees.inclusion(tree, place, size)) for place in chosen]
    grown = [milliseconds(lambda old=old: trees.consistency(tree, old, size)) for old in chosen]
    paths = [trees.inclusion(tree, place, size) for place in chosen]
    longer = [trees.consistency(tree, old, size) for old in chosen]
    for place, path, old in zip(chosen, paths, longer, strict=True):
        assert merkle.verify_inclusion(kept.look((0, place)), place, size, path, root)
        assert merkle.verify_consistency(place, size, kept.root(place), root, old)
    levels, among = (size - 1).bit_length(), f"among {size:,} entries"
    yield Figure(f"inclusion proof {among}", merkle.HASH_BYTES * levels, "bytes", merkle.HASH_BYTES * max(map(len, paths)), PROOFS)
    most = merkle.HASH_BYTES * (levels + 1)
    yield Figure(f"consistency proof {among}", most, "bytes", merkle.HASH_BYTES * max(map(len, longer)), PROOFS)
    yield Figure(f"inclusion proof {among}, in memory", 1, "ms", statistics.median(pure), PROOFS)
    yield Figure(f"inclusion proof {among}, read from PostgreSQL", 20, "ms", statistics.median(read), PROOFS)
    yield Figure(f"consistency proof {among}, read from PostgreSQL", 20, "ms", statistics.median(grown), PROOFS)


def fill(tree: UUID, kept: Tree, size: int) -> None:
    """The tables as the sequencer would leave them. Without constraints: it is the reading that is measured."""
    from atelier.audit.models import STRIDE

    execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
    execute("ALTER TABLE audit_leaf DROP CONSTRAINT audit_leaf_no_gap")
    execute(
        """
        INSERT INTO audit_entry (studio, actor, action, subject, titles, licence, detail)
        SELECT %s, NULL, 'bench.deed', 'trn_0', '{}', '', '{}' FROM generate_series(1, %s)
        """,
        *(tree, size),
    )
    for place in range(size):
        kept.append(b"%d" % place)
    with connection.cursor() as cursor:
        cursor.execute("SELECT min(id) FROM audit_entry WHERE studio = %s", [tree])
        first = cursor.fetchone()[0]
        with cursor.copy("COPY audit_leaf (entry_id, tree, place, data, hash) FROM STDIN") as copy:
            for place in range(size):
                copy.write_row((first + place, tree, place, str(place), kept.look((0, place))))
        with cursor.copy("COPY audit_node (tree, level, place, hash) FROM STDIN") as copy:
            for level in range(STRIDE, size.bit_length(), STRIDE):
                for place in range(size >> level):
                    copy.write_row((tree, level, place, kept.look((level, place))))
    execute("ANALYZE audit_leaf, audit_node")


def execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def milliseconds(deed: Callable[[], object]) -> float:
    return told.seconds(deed) * SECOND


if __name__ == "__main__":
    main(sys.argv[1:])
