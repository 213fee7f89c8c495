"""A studio's log for tests: entries, and somebody with full rights on the database."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from uuid import UUID

from django.db import connection, transaction

from atelier.audit import bundles, checkpoints, sequencer, signing
from atelier.audit.actions import record
from atelier.audit.models import Checkpoint, Entry, Leaf
from licensing import evidence
from licensing.command import main
from licensing.evidence import Proved


def write(studio: UUID | None, count: int) -> list[Entry]:
    with transaction.atomic():
        return [record(action="test.deed", subject=f"trn_{number:032x}", studio=studio, actor=None, n=number) for number in range(count)]


def places(tree: UUID) -> list[int]:
    return list(Leaf.objects.filter(tree=tree).order_by("place").values_list("place", flat=True))


def bundle(checkpoint: Checkpoint) -> bytes:
    return b"".join(bundles.whole(checkpoint))


def proved(lines: bytes, since: Checkpoint | None = None) -> Proved:
    return evidence.verify(io.BytesIO(lines), signing.keys().root, since and since.note.encode())


def command(lines: bytes, since: Checkpoint | None = None) -> int:
    """The exit status of `python -m licensing audit verify`."""
    with TemporaryDirectory() as drawn:
        folder = Path(drawn)
        (folder / "bundle").write_bytes(lines)
        (folder / "root.pub").write_text(signing.keys().root.to_pem())
        asked = ["audit", "verify", str(folder / "bundle"), "--trust", str(folder / "root.pub")]
        if since is not None:
            (folder / "kept").write_text(since.note)
            asked += ["--since", str(folder / "kept")]
        return main(asked)


GUARDED = ("audit_entry", "audit_leaf", "audit_node", "audit_checkpoint")


@contextmanager
def full_rights() -> Iterator[None]:
    """What the owner of the tables may do: no trigger is asked, and nobody minds a gap any more."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute("ALTER TABLE audit_leaf DROP CONSTRAINT IF EXISTS audit_leaf_no_gap")
    for table in GUARDED:
        execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in GUARDED:
        execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def execute(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def forget_trees(tree: UUID) -> None:
    """As if nothing had ever been placed or signed there."""
    execute("DELETE FROM audit_leaf WHERE tree = %s", tree)
    execute("DELETE FROM audit_node WHERE tree = %s", tree)
    execute("DELETE FROM audit_checkpoint WHERE tree = %s", tree)
    execute("DELETE FROM audit_salt WHERE entry_id IN (SELECT id FROM audit_entry WHERE studio = %s)", tree)
    execute("INSERT INTO audit_pending (entry) SELECT id FROM audit_entry WHERE studio = %s ON CONFLICT DO NOTHING", tree)


def signed(studio: UUID) -> Checkpoint:
    return checkpoints.now(studio)


def place_all() -> None:
    sequencer.catch_up()
