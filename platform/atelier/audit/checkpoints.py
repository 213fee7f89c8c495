"""Checkpoints: size and root of a tree at a moment, signed. Only one that somebody else keeps proves anything, so the studios get them."""

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now

from atelier.kit import ids, outbox
from atelier.kit.refused import Refused
from licensing import checkpoint as notes
from licensing import merkle

from . import sequencer, signing, trees
from .leaves import tree_of
from .models import PLATFORM, Checkpoint
from .queries import LONGEST_NUMBER

# Posted for every checkpoint of a studio, with its number: whoever knows the studio's people tells them.
SIGNED = "audit.signed"
# A day, less what the hour of the task may differ.
DAILY = timedelta(hours=23)


class Rewritten(Exception):
    """The tree is no longer the one that the last checkpoint was signed over. Nothing is signed until somebody has looked."""


def of_studio(studio: UUID) -> QuerySet[Checkpoint]:
    return Checkpoint.objects.filter(tree=studio).order_by("-id")


def newest(studio: UUID) -> Checkpoint:
    """Raises Refused("no_checkpoint") where there is none yet."""
    found = of_studio(studio).first()
    if found is None:
        raise no_checkpoint()
    return found


def find(studio: UUID, size: str) -> Checkpoint:
    """The checkpoint that this studio's log had at that size, or Refused("not_found", 404)."""
    known = size.isascii() and size.isdecimal() and len(size) <= LONGEST_NUMBER
    found = of_studio(studio).filter(size=int(size)).first() if known else None
    if found is None:
        raise ids.not_found()
    return found


def size_before(checkpoint: Checkpoint) -> int:
    """Of the checkpoint before this one; 0 before the first."""
    before = Checkpoint.objects.filter(tree=checkpoint.tree, size__lt=checkpoint.size).order_by("-size").first()
    return before.size if before else 0


def no_checkpoint() -> Refused:
    return Refused("no_checkpoint", "This log has no checkpoint yet. The first one comes within a day; an owner or admin may make it now.")


def now(studio: UUID | None) -> Checkpoint:
    """Over everything that the log of this studio holds by now."""
    sequencer.catch_up()
    return make(tree_of(studio))


@transaction.atomic
def make(tree: UUID) -> Checkpoint:
    """Signs the tree as it is; nothing new where nothing was added. Raises Rewritten, or trees.Hole."""
    sequencer.alone(wait=True)
    last, size = Checkpoint.objects.filter(tree=tree).order_by("-id").first(), trees.size(tree)
    root = trees.root(tree, size)
    if last is not None:
        _require_growth(last, size, root)
        if last.size == size:
            return last
    said = notes.Checkpoint(last.origin if last else _origin(tree), size, root)
    note = notes.sign(said, signing.keys().signer)
    made = Checkpoint.objects.create(tree=tree, size=size, root=root, origin=said.origin, note=note)
    made.refresh_from_db()
    if tree != PLATFORM:
        outbox.post(SIGNED, checkpoint=made.pk)
    return made


def _require_growth(last: Checkpoint, size: int, root: bytes) -> None:
    if size < last.size:
        raise Rewritten(f"{last.origin} had {last.size} entries and has {size}.")
    path = trees.consistency(last.tree, last.size, size)
    if not merkle.verify_consistency(last.size, size, bytes(last.root), root, path):
        raise Rewritten(f"{last.origin} is not the log that it was at {last.size} entries.")


def _origin(tree: UUID) -> str:
    """The host at the time of the first checkpoint, and whose log it is."""
    host = settings.PUBLIC_URL.partition("://")[2]
    return f"{host}/platform" if tree == PLATFORM else f"{host}/studios/{ids.public('std', tree)}"


def daily(studio: UUID | None) -> Checkpoint | None:
    """Today's, made now; None where there was one within the day or nothing was added since."""
    known = Checkpoint.objects.filter(tree=tree_of(studio))
    if known.filter(created_at__gt=Now() - DAILY).exists():
        return None
    before = known.count()
    made = now(studio)
    return made if made.size and known.count() > before else None
