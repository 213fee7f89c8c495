"""The reach of a takedown beside its limit: python -m tests.takedown.bench --json FILE [--quick], on a PostgreSQL of its own that is
thrown away.

One title under one base version that holds 10,000 files of models, in a database whose lineage has a million edges; the dry run; the
decision, which is what closes every door; and what follows it at once, until every file and copy has its tombstone too.
"""

import os
import statistics
import sys
from collections.abc import Iterator
from uuid import UUID

import django
from django.core.management import call_command
from django.db import connection, transaction

from frontend.bench import told
from frontend.bench.arms import Figure

ARTIFACTS, EACH = 10_000, 4
"""Files under the title; files of one model."""
MODELS, FEW = 70_000, 8_000
"""Models of all titles together: each with a licence, a dataset of two clips, a training, and of each of its files a copy."""
ROUNDS = 7
LIMIT = 1000.0
SECOND = 1000.0
# Ids that follow from a number, so that each table can name the rows of another: kind, then number.
AN = """
    CREATE FUNCTION pg_temp.an(kind int, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(kind), 8, '0') || lpad(to_hex(n), 24, '0'))::uuid $$
"""
# A table, how many rows of it each model has, and what is different in them from the one row that is there: of model n, the c-th.
ROWS = (
    ("licences_licence", 1, "'id', pg_temp.an(1, n), 'number', 1000000 + n, 'source', 'bench-' || n, 'revision_id', {revision}"),
    ("material_dataset", 1, "'id', pg_temp.an(2, n)"),
    ("material_asset", 2, "'id', pg_temp.an(3, n * 2 + c), 'dataset_id', pg_temp.an(2, n), 'name', 'a' || c, 'key', n || '/' || c"),
    ("trainings_quote", 1, "'id', pg_temp.an(5, n), 'licence_id', pg_temp.an(1, n), 'dataset_id', pg_temp.an(2, n)"),
    ("trainings_training", 1, "'id', pg_temp.an(6, n), 'licence_id', pg_temp.an(1, n), 'quote_id', pg_temp.an(5, n)"),
    ("library_custommodel", 1, "'id', pg_temp.an(7, n), 'licence_id', pg_temp.an(1, n), 'training', pg_temp.an(6, n)"),
    ("library_artifact", EACH, "'id', pg_temp.an(8, n * 9 + c), 'model_id', pg_temp.an(7, n), 'path', 'f' || c, 'key', n || '/' || c"),
    (
        "library_handover",
        EACH,
        "'id', pg_temp.an(9, n * 9 + c), 'artifact_id', pg_temp.an(8, n * 9 + c), 'adapter_id', null, 'licence_id', pg_temp.an(1, n)",
    ),
)
EDGES = 1 + 2 + 2 + 2 + EACH + EACH
"""Of one model: its licence's tier, its clips' dataset, its training's licence and dataset, its own licence and training, files, copies."""
MORE = """
    INSERT INTO {table} SELECT row.* FROM (SELECT * FROM {table} LIMIT 1) one, generate_series(1, %s) n, generate_series(1, {each}) c
     CROSS JOIN LATERAL jsonb_populate_record(one::{table}, jsonb_build_object({different})) row
"""


def main(arguments: list[str]) -> None:
    quick = f"{FEW:,} models in the database instead of {MODELS:,}"
    told.command(arguments, measure, name="tests.takedown.bench", about="The reach of a takedown beside its limit.", quick=quick)


def measure(quick: bool) -> Iterator[Figure]:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "atelier.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    yield from reaching(FEW if quick else MODELS)


def reaching(models: int) -> Iterator[Figure]:
    from atelier.accounts.models import User
    from atelier.catalog.models import Title
    from atelier.takedown import effect, kinds, lineage, takedowns

    title, edges = planted(models)
    found = lineage.reach("title", title)
    assert found.counts["artifact"] == ARTIFACTS, found.counts
    item = kinds.parsed(Title.objects.get(pk=title).public_id)
    by = User.objects.filter(memberships__studio=item.studio, memberships__role="owner").get()

    def decided() -> tuple[float, float]:
        with transaction.atomic():
            begun: list[takedowns.Takedown] = []
            first = told.seconds(lambda: begun.append(takedowns.begin(item=item, by=by, reason="x")[0]))
            then = told.seconds(lambda: effect.follow(takedown=str(begun[0].pk)))
            transaction.set_rollback(True)
        return first, then

    asked = [told.seconds(lambda: lineage.reach("title", title)) for _ in range(ROUNDS)]
    laid, followed = zip(*(decided() for _ in range(ROUNDS)), strict=True)
    what = f"of a takedown that reaches {found.total:,} rows, {ARTIFACTS:,} files among them, in a lineage of {edges:,} edges"
    yield Figure(f"dry run {what}", LIMIT, "ms", statistics.median(asked) * SECOND, ROUNDS)
    yield Figure(f"decision {what}", LIMIT, "ms", statistics.median(laid) * SECOND, ROUNDS)
    yield Figure(f"what follows at once {what}", LIMIT, "ms", statistics.median(followed) * SECOND, ROUNDS)


def planted(models: int) -> tuple[UUID, int]:
    """The rows; the id of the title that holds ARTIFACTS of the files, and how many edges there are in all."""
    from tests.takedown.graph import grown
    from tests.world import World

    world = World()
    grown(world, 2, lambda all: all[-1], lambda all: [])
    under, other = world.tier().current.pk, World().tier().current.pk
    revision = f"CASE WHEN n <= {ARTIFACTS // EACH} THEN '{under}' ELSE '{other}' END"
    with connection.cursor() as cursor:
        cursor.execute(AN)
        for table, each, different in ROWS:
            cursor.execute(MORE.format(table=table, each=each, different=different.format(revision=revision)), [models])
        cursor.execute("ANALYZE")
    return world.version.titles.get().pk, models * EDGES


if __name__ == "__main__":
    main(sys.argv[1:])
