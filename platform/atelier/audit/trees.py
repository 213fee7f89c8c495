"""The trees as the database keeps them: their size, the hashes that a proof needs in one query, and how they grow."""

from collections.abc import Iterable
from uuid import UUID

from django.db import connection
from django.db.models import Max

from licensing import merkle
from licensing.merkle import Look, Range, Subtree

from .models import STRIDE, Leaf


class Hole(Exception):
    """A hash that must be there is not: somebody had his hands in the tables."""


def size(tree: UUID) -> int:
    last: int | None = Leaf.objects.filter(tree=tree).aggregate(last=Max("place"))["last"]
    return 0 if last is None else last + 1


def looking(tree: UUID, *ranges: Range) -> Look:
    """Knows the subtrees of these ranges."""
    return hashes(tree, [each for leaves in ranges for each in merkle.subtrees(leaves)]).__getitem__


def root(tree: UUID, size: int) -> bytes:
    return merkle.root(size, looking(tree, (0, size)))


def inclusion(tree: UUID, place: int, size: int) -> list[bytes]:
    return _proof(tree, merkle.inclusion_ranges(place, size))


def consistency(tree: UUID, old: int, new: int) -> list[bytes]:
    return _proof(tree, merkle.consistency_ranges(old, new))


def _proof(tree: UUID, ranges: list[Range]) -> list[bytes]:
    look = looking(tree, *ranges)
    return [merkle.hash_of(leaves, look) for leaves in ranges]


def hashes(tree: UUID, wanted: Iterable[Subtree]) -> dict[Subtree, bytes]:
    """Of complete subtrees, in one query for O(log n) rows. Raises Hole."""
    wanted = list(wanted)
    kept = _kept(tree, {piece for subtree in wanted for piece in _pieces(subtree)})
    return {subtree: _folded([kept[piece] for piece in _pieces(subtree)]) for subtree in wanted}


def _pieces(subtree: Subtree) -> list[Subtree]:
    """The kept subtrees that make it up."""
    level, place = subtree
    below = level % STRIDE
    return [(level - below, (place << below) + each) for each in range(1 << below)]


def _folded(row: list[bytes]) -> bytes:
    while len(row) > 1:
        row = [merkle.node_hash(left, right) for left, right in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _kept(tree: UUID, wanted: set[Subtree]) -> dict[Subtree, bytes]:
    levels, places = [level for level, _ in wanted], [place for _, place in wanted]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT level, place, leaf.hash FROM unnest(%(levels)s::int[], %(places)s::bigint[]) AS wanted (level, place)
                JOIN audit_leaf leaf USING (place) WHERE level = 0 AND leaf.tree = %(tree)s
            UNION ALL
            SELECT level, place, node.hash FROM unnest(%(levels)s::int[], %(places)s::bigint[]) AS wanted (level, place)
                JOIN audit_node node USING (level, place) WHERE node.tree = %(tree)s
            """,
            {"levels": levels, "places": places, "tree": tree},
        )
        found = {(level, place): bytes(hashed) for level, place, hashed in cursor.fetchall()}
    if missing := wanted - set(found):
        raise Hole(f"Tree {tree} lacks the hash of subtree {min(missing)}.")
    return found


class Growth:
    """A tree while leaves are appended to it. `nodes`: the columns of each Node that is to be kept."""

    def __init__(self, tree: UUID) -> None:
        self.tree, self.size = tree, size(tree)
        self.nodes: list[tuple[UUID, int, int, bytes]] = []
        self._known = hashes(tree, merkle.subtrees((0, self.size)))

    def append(self, data: bytes) -> tuple[int, bytes]:
        """Place and hash of the new leaf."""
        place, hashed = self.size, merkle.leaf_hash(data)
        for (level, at), each in merkle.completed(place, hashed, self._known.__getitem__):
            self._known[level, at] = each
            if level and level % STRIDE == 0:
                self.nodes.append((self.tree, level, at, each))
        self.size += 1
        return place, hashed
