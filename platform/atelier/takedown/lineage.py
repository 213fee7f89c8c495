"""What stands on what. The foreign keys of the business are the edges; nothing is written down twice.

performer -> title -> base version, house adapter -> offering -> tier -> licence -> training -> model -> artifact -> handover, and from
the creator's side consent -> asset -> dataset -> training, where a studio trains in house from title -> asset. From a model lead edges to
the trainings that went on with it, and to the house adapter that it became. One recursive query walks them all: for each row reached,
only the edges of its own kind are looked at. Every word of it stands here; what is asked about are its parameters.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from uuid import UUID

from django.db import connection


@dataclass(frozen=True)
class Edge:
    """From every row of kind `source` to rows of kind `to`: a query for their ids, in which `{}` is the id that it starts from."""

    source: str
    to: str
    query: str


EDGES: tuple[Edge, ...] = (
    Edge("performer", "title", "SELECT title_id FROM catalog_titleperformer WHERE performer_id = {}"),
    Edge("title", "base_version", "SELECT baseversion_id FROM catalog_baseversion_titles WHERE title_id = {}"),
    Edge("title", "house_adapter", "SELECT houseadapter_id FROM catalog_houseadapter_titles WHERE title_id = {}"),
    Edge("title", "asset", "SELECT id FROM material_asset WHERE title_id = {}"),
    Edge("base_version", "house_adapter", "SELECT id FROM catalog_houseadapter WHERE version_id = {}"),
    Edge("house_adapter", "offering", "SELECT id FROM catalog_offering WHERE {0} IN (adapter_id, adapter_2_id)"),
    Edge("base_version", "offering", "SELECT id FROM catalog_offering WHERE version_id = {}"),
    Edge("offering", "tier", "SELECT id FROM catalog_tier WHERE offering_id = {}"),
    Edge(
        "tier",
        "licence",
        "SELECT l.id FROM licences_licence l JOIN catalog_tierrevision v ON v.id = l.revision_id WHERE v.tier_id = {}",
    ),
    Edge("licence", "training", "SELECT id FROM trainings_training WHERE licence_id = {}"),
    Edge("licence", "model", "SELECT id FROM library_custommodel WHERE licence_id = {}"),
    Edge(
        "consent",
        "asset",
        "SELECT q.asset_id FROM material_question q JOIN material_question_consents c ON c.question_id = q.id WHERE c.consent_id = {}",
    ),
    Edge("asset", "dataset", "SELECT dataset_id FROM material_asset WHERE id = {} AND state = 'ready'"),
    Edge(
        "dataset",
        "training",
        "SELECT t.id FROM trainings_training t JOIN trainings_quote q ON q.id = t.quote_id WHERE q.dataset_id = {}",
    ),
    Edge("training", "model", "SELECT id FROM library_custommodel WHERE training = {}"),
    Edge(
        "model",
        "training",
        "SELECT t.id FROM trainings_training t JOIN trainings_quote q ON q.id = t.quote_id WHERE q.origin_id = {}",
    ),
    Edge("model", "house_adapter", "SELECT id FROM catalog_houseadapter WHERE model = {}"),
    Edge("model", "artifact", "SELECT id FROM library_artifact WHERE model_id = {}"),
    Edge("artifact", "handover", "SELECT id FROM library_handover WHERE artifact_id = {}"),
    Edge("house_adapter", "handover", "SELECT id FROM library_handover WHERE adapter_id = {}"),
    Edge("licence", "handover", "SELECT id FROM library_handover WHERE licence_id = {} AND adapter_id IS NOT NULL"),
)


@dataclass(frozen=True)
class Reach:
    """How many of each kind, the item itself counted, and the first few of each."""

    counts: dict[str, int]
    examples: dict[str, list[UUID]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def reach(kind: str, item: UUID) -> Reach:
    """Everything that stands on the item, itself included. Writes nothing."""
    counts: dict[str, int] = {}
    examples: dict[str, list[UUID]] = {}
    for each, count, first in _asked(_walk() + COUNTED, kind, item):
        counts[each], examples[each] = count, first
    return Reach(counts, examples)


def rows(kind: str, item: UUID) -> set[tuple[str, UUID]]:
    """The same, row by row."""
    return set(_asked(_walk() + ROWS, kind, item))


def mark(takedown: UUID, kind: str, item: UUID, *, doors: bool = False) -> int:
    """Lays a tombstone on everything reached that has none of this takedown yet. Returns how many were laid. With `doors`, only on what
    verdicts ask about: most of what is reached are files and copies, and whoever asks about one asks about its model or licence too."""
    with connection.cursor() as cursor:
        cursor.execute(_walk(doors) + LAID, [kind, item, takedown])
        return cursor.rowcount


LEAVES = ("artifact", "handover")
ROWS = "SELECT kind, item FROM reach"
COUNTED = "SELECT kind, count(*), (array_agg(item ORDER BY item DESC))[1:5] FROM reach GROUP BY kind"
LAID = """
    INSERT INTO licences_tombstone (takedown, kind, item, did) SELECT %s, kind, item, '' FROM reach
    ON CONFLICT (takedown, kind, item) DO NOTHING
"""


@cache
def _walk(doors: bool = False) -> str:
    """A recursive query may name itself once; so the edges hang on it, and each is looked at only for rows of its own kind."""
    branches = " UNION ALL ".join(
        f"SELECT '{edge.to}'::text, found.* FROM ({edge.query.format('r.item')}) found WHERE r.kind = '{edge.source}'"  # noqa: S608
        for edge in EDGES
        if not (doors and edge.to in LEAVES)
    )
    return WALK.format(branches)


WALK = """
    WITH RECURSIVE reach (kind, item) AS (
        SELECT %s::text, %s::uuid
         UNION
        SELECT next.kind, next.item FROM reach r CROSS JOIN LATERAL ({}) next (kind, item)
    )
"""


def _asked(query: str, kind: str, item: UUID) -> Iterator[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(query, [kind, item])
        yield from cursor.fetchall()
