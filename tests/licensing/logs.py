"""Audit logs for tests: a platform that may lie, and a studio that kept a checkpoint."""

import io
from collections.abc import Iterable
from typing import Any

from licensing import evidence
from licensing.checkpoint import Checkpoint, sign
from licensing.evidence import Log, Proved
from licensing.keys import Signer
from licensing.merkle import Tree
from tests.licensing.proofs import KEYS, TRUST, WORKING

ORIGIN = "atelier.example/studios/7"


def entries(count: int) -> list[bytes]:
    return [evidence.entry({"at": f"2026-03-01T12:00:{number:02}Z", "action": "model.taken", "n": number}) for number in range(count)]


def log(written: Iterable[bytes], origin: str = ORIGIN, signer: Signer = WORKING) -> Log:
    """What a platform says that the log is, signed."""
    tree = Tree()
    for entry in written:
        tree.append(entry)
    return Log(sign(Checkpoint(origin, tree.size, tree.root()), signer), tree.size, KEYS, tree.look)


def kept(count: int, written: list[bytes] | None = None, **signed: Any) -> bytes:
    """The checkpoint that a studio has kept of the first `count` entries."""
    return log((written or entries(count))[:count], **signed).note.encode()


def whole(written: list[bytes], first: int = 0, since: Iterable[int] = (), **signed: Any) -> list[bytes]:
    """The lines of a bundle with all that was written from `first` on."""
    return list(evidence.range_bundle(log(written, **signed), first, written[first:], since))


def some(written: list[bytes], indices: Iterable[int], since: Iterable[int] = (), **signed: Any) -> list[bytes]:
    return list(evidence.selection_bundle(log(written, **signed), {index: written[index] for index in indices}, since))


def proved(lines: list[bytes], since: bytes | None = None) -> Proved:
    return evidence.verify(io.BytesIO(b"".join(lines)), TRUST, since)
