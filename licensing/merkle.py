"""The Merkle tree of RFC 9162, section 2.1: what makes a log that nobody can rewrite behind the back of whoever kept an earlier root.

A tree is kept as the hashes of its complete subtrees, which never change once they are there: subtree (level, index) covers the 2**level
leaves from index * 2**level on. Proofs are ranges of leaves, each folded from such subtrees, so that a database can fetch all the subtrees
of a proof at once (`*_ranges`, `subtrees`) and a test can keep them in memory (`Tree`).
"""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import reduce

HASH_BYTES = 32
EMPTY = hashlib.sha256(b"").digest()

Range = tuple[int, int]  # leaves from the first until before the second
Subtree = tuple[int, int]  # level, index
Look = Callable[[Subtree], bytes]  # the hash of a complete subtree


def leaf_hash(entry: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def completed(index: int, leaf: bytes, look: Look) -> Iterator[tuple[Subtree, bytes]]:
    """The subtrees that appending a leaf at `index` completes, itself first; `look` is asked for earlier ones only."""
    level = 0
    yield (level, index), leaf
    while index & 1:
        leaf = node_hash(look((level, index - 1)), leaf)
        index, level = index >> 1, level + 1
        yield (level, index), leaf


def subtrees(leaves: Range) -> Iterator[Subtree]:
    """The complete subtrees that tile a range, from left to right."""
    begin, end = leaves
    while begin < end:
        most = (end - begin).bit_length() - 1
        level = most if begin == 0 else min(most, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash of a range that begins at a whole power of two, from its subtrees: the smaller ones hang under the larger."""
    return reduce(lambda right, left: node_hash(left, right), reversed(hashes)) if hashes else EMPTY


def hash_of(leaves: Range, look: Look) -> bytes:
    return fold([look(subtree) for subtree in subtrees(leaves)])


def root(size: int, look: Look) -> bytes:
    return hash_of((0, size), look)


def inclusion_ranges(index: int, size: int) -> list[Range]:
    """RFC 9162, 2.1.3.1, from the leaf upwards. Raises ValueError where there is no such leaf."""
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} among {size}.")
    begin, end, ranges = 0, size, []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    return ranges[::-1]


def consistency_ranges(old: int, new: int) -> list[Range]:
    """RFC 9162, 2.1.4.1: what proves that the first `old` of `new` leaves are the tree of size `old`. Empty for 0 and for equal sizes."""
    if not 0 <= old <= new:
        raise ValueError(f"A tree of {new} leaves did not grow from one of {old}.")
    if old in (0, new):
        return []
    begin, end, ranges = 0, new, []
    while old != end:
        middle = begin + _split(end - begin)
        if old <= middle:
            ranges.append((middle, end))
            end = middle
        else:
            ranges.append((begin, middle))
            begin = middle
    # The old tree itself need not be told to somebody who has its root.
    return ranges[::-1] if begin == 0 else [(begin, end), *ranges[::-1]]


def verify_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """RFC 9162, 2.1.3.2: whether `leaf` (its hash) stands at `index` in the tree of `size` leaves with this root."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for each in path:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(each, found)
            at, last = _climb(at, last)
        else:
            found = node_hash(found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(old: int, new: int, old_root: bytes, new_root: bytes, path: Sequence[bytes]) -> bool:
    """RFC 9162, 2.1.4.2: whether the tree of `new` leaves begins with the one of `old`. An empty tree is the beginning of every tree."""
    if not 0 <= old <= new:
        return False
    if old in (0, new):
        return not path and old_root == (EMPTY if old == 0 else new_root)
    hashes = [old_root, *path] if old & (old - 1) == 0 else list(path)
    if not path:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    old_found = new_found = hashes[0]
    for each in hashes[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            old_found, new_found = node_hash(each, old_found), node_hash(each, new_found)
            at, last = _climb(at, last)
        else:
            new_found = node_hash(new_found, each)
        at, last = at >> 1, last >> 1
    return last == 0 and old_found == old_root and new_found == new_root


class Tree:
    """A tree in memory, 64 bytes a leaf."""

    def __init__(self) -> None:
        self._levels: list[bytearray] = []

    @property
    def size(self) -> int:
        return len(self._levels[0]) // HASH_BYTES if self._levels else 0

    def append(self, entry: bytes) -> int:
        """The index of the new leaf."""
        index = self.size
        for (level, _), hashed in completed(index, leaf_hash(entry), self.look):
            if level == len(self._levels):
                self._levels.append(bytearray())
            self._levels[level] += hashed
        return index

    def look(self, subtree: Subtree) -> bytes:
        level, index = subtree
        return bytes(self._levels[level][HASH_BYTES * index : HASH_BYTES * (index + 1)])

    def root(self, size: int | None = None) -> bytes:
        return root(self.size if size is None else size, self.look)

    def inclusion(self, index: int, size: int | None = None) -> list[bytes]:
        return [hash_of(each, self.look) for each in inclusion_ranges(index, self.size if size is None else size)]

    def consistency(self, old: int, new: int | None = None) -> list[bytes]:
        return [hash_of(each, self.look) for each in consistency_ranges(old, self.size if new is None else new)]


class Frontier:
    """The right edge of a tree: enough to append to it and to know its root, for whoever does not keep the rest."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        """`hashes`: those of subtrees((0, size)). Raises ValueError where they are not as many."""
        self.size = size
        self._edge = list(zip((level for level, _ in subtrees((0, size))), hashes, strict=True))

    def append(self, leaf: bytes) -> None:
        level = 0
        while self._edge and self._edge[-1][0] == level:
            leaf = node_hash(self._edge.pop()[1], leaf)
            level += 1
        self._edge.append((level, leaf))
        self.size += 1

    def root(self) -> bytes:
        return fold([hashed for _, hashed in self._edge])


def _split(size: int) -> int:
    """The largest power of two below `size`: how many leaves hang on the left."""
    return 1 << ((size - 1).bit_length() - 1)


def _climb(at: int, last: int) -> tuple[int, int]:
    """Past the levels at which a right edge has no sibling."""
    while at and not at & 1:
        at, last = at >> 1, last >> 1
    return at, last
