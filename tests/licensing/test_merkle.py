import hashlib
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from licensing import merkle
from licensing.merkle import EMPTY, Frontier, Tree, leaf_hash, node_hash

# The eight entries that the implementers of Certificate Transparency have always tested with, and the roots over the first 1 to 8 of them.
ENTRIES = [
    bytes.fromhex(entry) for entry in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
MOST = 40


def naive_root(entries: Sequence[bytes]) -> bytes:
    """RFC 9162, 2.1.1, word for word."""
    if not entries:
        return hashlib.sha256(b"").digest()
    if len(entries) == 1:
        return hashlib.sha256(b"\x00" + entries[0]).digest()
    split = 1
    while split * 2 < len(entries):
        split *= 2
    return hashlib.sha256(b"\x01" + naive_root(entries[:split]) + naive_root(entries[split:])).digest()


def naive_inclusion(index: int, entries: Sequence[bytes]) -> list[bytes]:
    """RFC 9162, 2.1.3.1, word for word."""
    if len(entries) == 1:
        return []
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if index < split:
        return [*naive_inclusion(index, entries[:split]), naive_root(entries[split:])]
    return [*naive_inclusion(index - split, entries[split:]), naive_root(entries[:split])]


def naive_consistency(old: int, entries: Sequence[bytes], whole: bool = True) -> list[bytes]:
    """RFC 9162, 2.1.4.1 (SUBPROOF), word for word."""
    if old == len(entries):
        return [] if whole else [naive_root(entries)]
    split = 1
    while split * 2 < len(entries):
        split *= 2
    if old <= split:
        return [*naive_consistency(old, entries[:split], whole), naive_root(entries[split:])]
    return [*naive_consistency(old - split, entries[split:], False), naive_root(entries[:split])]


def entries(count: int) -> list[bytes]:
    return [b"entry %d" % number for number in range(count)]


@cache
def tree() -> Tree:
    grown = Tree()
    for entry in entries(MOST):
        grown.append(entry)
    return grown


def test_an_empty_tree_has_the_root_of_the_standard() -> None:
    assert Tree().root() == EMPTY == bytes.fromhex("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")


def test_the_roots_are_those_that_are_known() -> None:
    grown = Tree()
    for number, (entry, root) in enumerate(zip(ENTRIES, ROOTS, strict=True)):
        assert grown.append(entry) == number
        assert grown.root().hex() == root
    assert [grown.root(size).hex() for size in range(1, 9)] == ROOTS


def test_roots_and_proofs_are_those_of_the_standard_at_every_size() -> None:
    for size in range(1, MOST + 1):
        assert tree().root(size) == naive_root(entries(size))
        for index in range(size):
            assert tree().inclusion(index, size) == naive_inclusion(index, entries(size))
        for old in range(1, size + 1):
            assert tree().consistency(old, size) == naive_consistency(old, entries(size))


def test_every_proof_proves_what_it_should_and_nothing_else() -> None:
    leaves = [leaf_hash(entry) for entry in entries(MOST)]
    for size in range(1, MOST + 1):
        for index in range(size):
            path = tree().inclusion(index, size)
            proved = [at for at in range(size) if merkle.verify_inclusion(leaves[index], at, size, path, tree().root(size))]
            assert proved == [index]
        for old in range(size + 1):
            path = tree().consistency(old, size)
            proved = [at for at in range(MOST + 1) if merkle.verify_consistency(old, size, tree().root(at), tree().root(size), path)]
            assert proved == [old]


@given(st.integers(1, MOST), st.data())
def test_a_proof_with_a_hash_too_many_too_few_or_changed_proves_nothing(size: int, data: st.DataObject) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(1, size))
    leaf, root = leaf_hash(entries(MOST)[index]), tree().root(size)
    for path in broken(tree().inclusion(index, size), data):
        assert not merkle.verify_inclusion(leaf, index, size, path, root)
    for path in broken(tree().consistency(old, size), data):
        assert not merkle.verify_consistency(old, size, tree().root(old), root, path)


def broken(path: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    place = data.draw(st.integers(0, max(0, len(path) - 1)))
    changed = bytes([path[place][0] ^ 1]) + path[place][1:] if path else b""
    return [[*path, EMPTY], *([path[:-1], path[1:], [*path[:place], changed, *path[place + 1 :]]] if path else [])]


def test_a_proof_is_none_for_a_tree_with_more_levels() -> None:
    for size in range(1, MOST):
        higher, root = 2 * size + 1, tree().root(size)
        for index in range(size):
            assert not merkle.verify_inclusion(leaf_hash(entries(MOST)[index]), index, higher, tree().inclusion(index, size), root)
        for old in range(1, size):
            assert not merkle.verify_consistency(old, higher, tree().root(old), root, tree().consistency(old, size))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_a_leaf_outside_the_tree_is_not_proved(index: int, size: int) -> None:
    assert not merkle.verify_inclusion(EMPTY, index, size, [], EMPTY)
    with pytest.raises(ValueError, match="no leaf"):
        merkle.inclusion_ranges(index, size)


@pytest.mark.parametrize(("old", "new"), [(-1, 3), (4, 3)])
def test_a_tree_does_not_shrink(old: int, new: int) -> None:
    assert not merkle.verify_consistency(old, new, EMPTY, EMPTY, [])
    with pytest.raises(ValueError, match="did not grow"):
        merkle.consistency_ranges(old, new)


def test_an_empty_tree_is_the_beginning_of_every_tree() -> None:
    assert merkle.verify_consistency(0, 3, EMPTY, tree().root(3), [])
    assert not merkle.verify_consistency(0, 3, tree().root(1), tree().root(3), [])
    assert not merkle.verify_consistency(0, 3, EMPTY, tree().root(3), [EMPTY])


def test_a_leaf_cannot_be_passed_off_as_a_node() -> None:
    left, right = leaf_hash(b"a"), leaf_hash(b"b")
    assert leaf_hash(left + right) != node_hash(left, right)


def test_the_subtrees_of_an_append_are_the_ones_that_it_completes() -> None:
    done = [subtree for subtree, _ in merkle.completed(7, leaf_hash(b"entry 7"), tree().look)]
    assert done == [(0, 7), (1, 3), (2, 1), (3, 0)]
    assert dict(merkle.completed(7, leaf_hash(b"entry 7"), tree().look))[(3, 0)] == tree().root(8)


def test_a_proof_over_a_million_entries_asks_for_few_subtrees() -> None:
    size = 1_000_003
    for proof in (merkle.inclusion_ranges(777_777, size), merkle.consistency_ranges(777_777, size)):
        assert len(proof) <= 21
        assert sum(len(list(merkle.subtrees(leaves))) for leaves in proof) <= 40


def test_the_right_edge_alone_is_enough_to_go_on() -> None:
    for size in range(MOST):
        edge = Frontier(size, [tree().look(subtree) for subtree in merkle.subtrees((0, size))])
        for entry in entries(MOST)[size:]:
            assert edge.root() == tree().root(edge.size)
            edge.append(leaf_hash(entry))
        assert (edge.size, edge.root()) == (MOST, tree().root())


def test_an_edge_with_a_hash_too_few_is_refused() -> None:
    with pytest.raises(ValueError, match="argument"):
        Frontier(3, [EMPTY])
