"""Proofs to take along: of one entry, and of a whole log, as `python -m licensing audit verify` reads them without us."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from atelier.kit.refused import Refused
from licensing import evidence, merkle
from licensing.evidence import Log

from . import signing, trees
from .leaves import Opening, said
from .models import Checkpoint, Entry, Leaf

AT_ONCE = 1000


@dataclass(frozen=True)
class Proof:
    """That `leaf` stands in the tree that `checkpoint` was signed over. `openings` say what its commitments stand for, while they may."""

    leaf: Leaf
    checkpoint: Checkpoint
    path: list[bytes]
    data: bytes
    openings: tuple[Opening, ...]

    @property
    def holds(self) -> bool:
        """Whether the entry as it stands in the table still is the one that was signed."""
        root, hashed = bytes(self.checkpoint.root), merkle.leaf_hash(self.data)
        return merkle.verify_inclusion(hashed, self.leaf.place, self.checkpoint.size, self.path, root)

    def bundle(self) -> Iterator[bytes]:
        log = _log(self.checkpoint, *merkle.inclusion_ranges(self.leaf.place, self.checkpoint.size))
        return evidence.selection_bundle(log, {self.leaf.place: self.data})


def of_entry(entry: Entry) -> Proof:
    """Under the newest checkpoint. Raises Refused("not_placed") or Refused("not_signed") for an entry that came too late for it."""
    leaf = Leaf.objects.filter(pk=entry.pk).select_related("entry__salt").first()
    if leaf is None:
        raise Refused("not_placed", "This entry has no place in the log yet. It gets one within seconds: try again.")
    checkpoint = Checkpoint.objects.filter(tree=leaf.tree, size__gt=leaf.place).order_by("-id").first()
    if checkpoint is None:
        raise Refused(
            "not_signed", "No checkpoint covers this entry yet. The next one comes within a day; an owner or admin may make it now."
        )
    data, openings = _told(leaf)
    return Proof(leaf, checkpoint, trees.inclusion(leaf.tree, leaf.place, checkpoint.size), data, openings)


def whole(checkpoint: Checkpoint) -> Iterator[bytes]:
    """Every entry from the first on, so that any earlier checkpoint can be held against it."""
    entries = (_told(leaf)[0] for leaf in _leaves(checkpoint).iterator(chunk_size=AT_ONCE))
    return evidence.range_bundle(_log(checkpoint), 0, entries)


def growth(checkpoint: Checkpoint, old: int) -> list[bytes]:
    """That the log grew from its first `old` entries. Raises Refused("bad_size")."""
    if not 0 <= old <= checkpoint.size:
        raise Refused("bad_size", "The log had %(size)s entries then: ask for a size up to that.", status=422, size=checkpoint.size)
    return trees.consistency(checkpoint.tree, old, checkpoint.size)


def _leaves(checkpoint: Checkpoint) -> QuerySet[Leaf]:
    return Leaf.objects.filter(tree=checkpoint.tree, place__lt=checkpoint.size).select_related("entry__salt").order_by("place")


def _told(leaf: Leaf) -> tuple[bytes, tuple[Opening, ...]]:
    """From the entry itself, so that whoever changed it is found out; from what was kept where the salt is gone."""
    salt = getattr(leaf.entry, "salt", None)
    if salt is None:
        return leaf.data.encode(), ()
    anew = said(leaf.entry, bytes(salt.salt))
    return anew.data, anew.openings


def _log(checkpoint: Checkpoint, *ranges: merkle.Range) -> Log:
    return Log(checkpoint.note, checkpoint.size, signing.keys().keys, trees.looking(checkpoint.tree, *ranges))


def facts(proof: Proof) -> dict[str, Any]:
    """The proof as the API tells it."""
    return {
        "entry": proof.leaf.entry_id,
        "index": proof.leaf.place,
        "leaf": proof.data.decode(),
        "leaf_hash": merkle.leaf_hash(proof.data).hex(),
        "inclusion": _hex(proof.path),
        "checkpoint": proof.checkpoint,
        "holds": proof.holds,
        "openings": [each.to_dict() for each in proof.openings],
    }


def _hex(hashes: Iterable[bytes]) -> list[str]:
    return [each.hex() for each in hashes]
