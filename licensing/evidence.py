"""Evidence bundles: entries of an audit log with all that it takes to check them against a checkpoint, without asking anybody.

A bundle is a text of lines, so that a log of any length is checked as a stream. The first line is the head, each other line an entry.

- A *range* holds every entry from `first` to the checkpoint's size, each line being the entry's own bytes (canonical JSON), and in `before`
  the hashes of the complete subtrees that tile what came earlier. The root is computed anew from it.
- A *selection* holds single entries, each as {"index", "entry", "inclusion"} with its inclusion proof.

Either may prove in `consistency` that the log grew from an older size. Only against a checkpoint that the reader kept does a bundle show
that the past was not rewritten: without one it shows no more than that the log agrees with itself.
"""

import json
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from licensing import merkle, strict
from licensing.canonical import canonical
from licensing.checkpoint import Checkpoint, open_checkpoint
from licensing.dsse import Envelope
from licensing.findings import Finding, Malformed, Rejected
from licensing.merkle import Look
from licensing.trust import TrustRoot

VERSION = 1
HEAD_LIMIT = 4 << 20
ENTRY_LIMIT = 1 << 20
KINDS = ("range", "selection")
_NAMES = ("version", "kind", "checkpoint", "keys", "first", "before", "consistency")


class Lines(Protocol):
    """An open binary file, at its beginning."""

    def readline(self, size: int, /) -> bytes: ...


@dataclass(frozen=True)
class Proved:
    """`entries` were found in the log; `since` is the size that the reader's own checkpoint had, None where none was given."""

    finding: Finding
    detail: str
    checkpoint: Checkpoint | None = None
    entries: int = 0
    since: int | None = None

    def __bool__(self) -> bool:
        return self.finding is Finding.OK

    def to_dict(self) -> dict[str, Any]:
        known = self.checkpoint
        return {
            "ok": bool(self),
            "code": str(self.finding),
            "detail": self.detail,
            "origin": known and known.origin,
            "size": known and known.size,
            "root": known and "sha256:" + known.root.hex(),
            "entries": self.entries,
            "since": self.since,
        }


@dataclass(frozen=True)
class Log:
    """What a bundle is written from: the signed note of a checkpoint, its size, the root's key list, and the hashes of the tree."""

    note: str
    size: int
    keys: Envelope
    look: Look

    def head(self, kind: str, first: int, since: Iterable[int]) -> bytes:
        before = [self.look(subtree) for subtree in merkle.subtrees((0, first))]
        paths = {str(old): [merkle.hash_of(each, self.look) for each in merkle.consistency_ranges(old, self.size)] for old in since}
        head = {
            "version": VERSION,
            "kind": kind,
            "checkpoint": self.note,
            "keys": self.keys.to_dict(),
            "first": first,
            "before": _written(before),
            "consistency": {old: _written(path) for old, path in paths.items()},
        }
        return canonical(head) + b"\n"


def entry(value: Mapping[str, Any]) -> bytes:
    """The bytes of an entry, which are hashed and handed out. Raises Malformed for what no verifier reads, fractions above all."""
    return _readable(canonical(value), "The entry")


def range_bundle(log: Log, first: int, entries: Iterable[bytes], since: Iterable[int] = ()) -> Iterator[bytes]:
    """The lines of a bundle with every entry from `first` on, each canonical JSON. `since`: sizes before `first` to prove growth from."""
    yield log.head("range", first, since)
    for each in entries:
        yield each + b"\n"


def selection_bundle(log: Log, entries: Mapping[int, bytes], since: Iterable[int] = ()) -> Iterator[bytes]:
    """The lines of a bundle with single entries by their index."""
    yield log.head("selection", 0, since)
    for index, entry in sorted(entries.items()):
        path = [merkle.hash_of(each, log.look) for each in merkle.inclusion_ranges(index, log.size)]
        yield canonical({"index": index, "entry": json.loads(entry), "inclusion": _written(path)}) + b"\n"


def verify(bundle: Lines, root: TrustRoot, since: bytes | None = None) -> Proved:
    """Never raises for what the bundle or the checkpoint hold. `since`: the note of a checkpoint that the reader kept."""
    proved = Proved(Finding.OK, "")
    try:
        head = _Head.read(bundle)
        keys = root.key_list(head.keys)
        proved = replace(proved, checkpoint=open_checkpoint(head.note, keys))
        kept = None if since is None else open_checkpoint(since, keys)
        proved = replace(proved, since=None if kept is None else kept.size)
        return _compared(proved, head, kept, bundle)
    except Rejected as rejected:
        return replace(proved, finding=rejected.finding, detail=rejected.detail)


@dataclass(frozen=True)
class _Head:
    kind: str
    note: bytes
    keys: Envelope
    first: int
    before: list[bytes]
    consistency: dict[str, list[bytes]]

    @classmethod
    def read(cls, bundle: Lines) -> "_Head":
        what = "The bundle's head"
        said = strict.record(strict.parse(_line(bundle, HEAD_LIMIT), HEAD_LIMIT, what), _NAMES, what)
        strict.version(said["version"], VERSION, what)
        if said["kind"] not in KINDS or not isinstance(said["checkpoint"], str) or not isinstance(said["consistency"], dict):
            raise Malformed(f"{what} does not name its kind, its checkpoint and its proofs.")
        paths = {old: _hashes(path, f"{what}: consistency") for old, path in said["consistency"].items()}
        first, before = strict.whole(said["first"], 0, f"{what}: first"), _hashes(said["before"], f"{what}: before")
        if len(before) != first.bit_count():
            raise Malformed(f"{what} does not have the hashes that {first} earlier entries need.")
        keys = Envelope.from_dict(said["keys"], f"{what}: the key list")
        return cls(str(said["kind"]), said["checkpoint"].encode(), keys, first, before, paths)


def _compared(proved: Proved, head: _Head, kept: Checkpoint | None, bundle: Lines) -> Proved:
    checkpoint = proved.checkpoint
    assert checkpoint is not None
    if kept is not None:
        _require_growth(kept, checkpoint)
    count, old_root = _range(head, checkpoint, kept, bundle) if head.kind == "range" else (_selection(checkpoint, bundle), None)
    if kept is None:
        detail = f"The log agrees with itself in {count} entries. Whether its past was rewritten cannot be told without a checkpoint."
        return replace(proved, entries=count, detail=detail)
    _require_history(head, checkpoint, kept, old_root)
    detail = f"The log agrees with itself in {count} entries, and is the one that had {kept.size} entries at your checkpoint."
    return replace(proved, entries=count, detail=detail)


def _require_growth(kept: Checkpoint, checkpoint: Checkpoint) -> None:
    if kept.origin != checkpoint.origin:
        raise Rejected(Finding.OTHER_LOG, f"Your checkpoint is of {kept.origin}, the bundle of {checkpoint.origin}.")
    if kept.size > checkpoint.size:
        detail = f"At your checkpoint the log had {kept.size} entries, here {checkpoint.size}: it was cut, or the bundle is older."
        raise Rejected(Finding.TRUNCATED, detail)


def _require_history(head: _Head, checkpoint: Checkpoint, kept: Checkpoint, old_root: bytes | None) -> None:
    """`old_root`: what the entries themselves give for the kept size, where they reach back as far."""
    if old_root is not None:
        same = old_root == kept.root
    elif kept.size in (0, checkpoint.size) or str(kept.size) in head.consistency:
        path = head.consistency.get(str(kept.size), [])
        same = merkle.verify_consistency(kept.size, checkpoint.size, kept.root, checkpoint.root, path)
    else:
        raise Rejected(Finding.NO_PROOF, f"The bundle does not reach back to your checkpoint: ask for one since entry {kept.size}.")
    if not same:
        detail = f"The first {kept.size} entries are not those of your checkpoint, and both are signed: the past was rewritten."
        raise Rejected(Finding.FORKED, detail)


def _range(head: _Head, checkpoint: Checkpoint, kept: Checkpoint | None, bundle: Lines) -> tuple[int, bytes | None]:
    """How many entries there are, and the root that they give for the size of the kept checkpoint. Raises Rejected."""
    frontier, old_root = merkle.Frontier(head.first, head.before), None
    while True:
        if kept is not None and frontier.size == kept.size:
            old_root = frontier.root()
        if not (line := _line(bundle, ENTRY_LIMIT)):
            break
        frontier.append(merkle.leaf_hash(_readable(line, f"Entry {frontier.size}")))
    if frontier.size != checkpoint.size:
        detail = f"The entries end at {frontier.size}, the checkpoint was signed over {checkpoint.size}: some are missing or were added."
        raise Rejected(Finding.TAMPERED, detail)
    if frontier.root() != checkpoint.root:
        raise Rejected(
            Finding.TAMPERED, "The entries are not those that the checkpoint was signed over: one was changed, moved or replaced."
        )
    return frontier.size - head.first, old_root


def _selection(checkpoint: Checkpoint, bundle: Lines) -> int:
    count, earlier, what = 0, -1, "An entry of the bundle"
    while line := _line(bundle, 2 * ENTRY_LIMIT):
        said = strict.record(strict.parse(line, 2 * ENTRY_LIMIT, what), ("index", "entry", "inclusion"), what)
        index = strict.whole(said["index"], 0, f"{what}: index")
        if index <= earlier:
            raise Malformed("The entries of the bundle are not in the order of the log, or one is there twice.")
        leaf, path = merkle.leaf_hash(canonical(said["entry"])), _hashes(said["inclusion"], f"{what}: inclusion")
        if not merkle.verify_inclusion(leaf, index, checkpoint.size, path, checkpoint.root):
            raise Rejected(Finding.TAMPERED, f"Entry {index} is not the one that the checkpoint was signed over.")
        count, earlier = count + 1, index
    return count


def _readable(line: bytes, what: str) -> bytes:
    if not isinstance(strict.parse(line, ENTRY_LIMIT, what), dict):
        raise Malformed(f"{what} is not an object.")
    return line


def _line(bundle: Lines, limit: int) -> bytes:
    """The next line without its end; empty after the last one."""
    line = bundle.readline(limit + 2)
    if not line:
        return b""
    if not line.endswith(b"\n") or line == b"\n":
        raise Malformed(f"A line of the bundle is empty, not ended, or longer than {limit} bytes.")
    return line[:-1]


def _hashes(value: object, what: str) -> list[bytes]:
    if not isinstance(value, list) or len(value) > 2 * 64:
        raise Malformed(f"{what} is not a list of hashes.")
    hashes = [strict.base64(each, what) for each in value]
    if any(len(each) != merkle.HASH_BYTES for each in hashes):
        raise Malformed(f"{what} holds something that is no hash.")
    return hashes


def _written(hashes: Sequence[bytes]) -> list[str]:
    return [b64encode(each).decode() for each in hashes]
