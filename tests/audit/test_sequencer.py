"""Every entry gets one place, in a tree without gaps, whatever happens to the sequencer."""

import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, OperationalError, connection, transaction

from atelier.audit import actions, sequencer, trees
from atelier.audit.actions import record
from atelier.audit.leaves import said
from atelier.audit.models import PLATFORM, STRIDE, Entry, Leaf, Node, Pending, Salt
from licensing import merkle
from licensing.merkle import Tree
from tests.world import World

from .logs import execute, full_rights, place_all, places, signed, write


def stood(tree: UUID) -> Tree:
    """The same tree, in memory, from the entries themselves."""
    grown = Tree()
    for leaf in Leaf.objects.filter(tree=tree).select_related("entry__salt").order_by("place"):
        grown.append(said(leaf.entry, bytes(leaf.entry.salt.salt)).data)
    return grown


@pytest.mark.django_db
def test_trees_and_proofs_are_those_of_the_standard_at_every_size() -> None:
    """Grown in batches of every kind. tests/licensing compares the tree in memory with the standard's words."""
    studio, size = uuid4(), 0
    for batch in (1, 2, 1, 4, 9, 15, 16, 17, 33, 64, 100, 38):
        write(studio, batch)
        place_all()
        size += batch
    assert places(studio) == list(range(size)) and size == 300
    kept = stood(studio)
    for old in (*range(0, 40), 63, 64, 65, 127, 128, 129, 255, 256, 257, 299, 300):
        assert trees.root(studio, old) == kept.root(old)
        assert trees.consistency(studio, old, size) == kept.consistency(old)
    for place in (*range(0, 34), 63, 64, 127, 128, 255, 256, 298, 299):
        assert trees.inclusion(studio, place, size) == kept.inclusion(place)
        assert trees.inclusion(studio, place, place + 1) == kept.inclusion(place, place + 1)


@pytest.mark.django_db
def test_what_is_kept_are_whole_subtrees_on_every_fourth_level() -> None:
    studio = uuid4()
    write(studio, 300)
    place_all()
    kept = stood(studio)
    nodes = {(node.level, node.place): bytes(node.hash) for node in Node.objects.filter(tree=studio)}
    assert set(nodes) == {(4, place) for place in range(18)} | {(8, 0)} and STRIDE == 4
    assert all(kept.look(subtree) == hashed for subtree, hashed in nodes.items())


@pytest.mark.django_db
def test_studios_have_trees_of_their_own_and_what_concerns_none_has_the_platforms(world: World) -> None:
    one, other, before = uuid4(), uuid4(), trees.size(PLATFORM)
    write(one, 2)
    [of_none] = write(None, 1)
    write(other, 1)
    place_all()
    assert (places(one), places(other)) == ([0, 1], [0])
    assert Leaf.objects.get(entry=of_none).tree == PLATFORM and trees.size(PLATFORM) > before


@pytest.mark.django_db
def test_an_entry_waits_until_it_has_its_place_and_not_longer() -> None:
    [entry] = write(uuid4(), 1)
    assert Pending.objects.filter(pk=entry.pk).exists()
    place_all()
    assert not Pending.objects.filter(pk=entry.pk).exists()
    assert Leaf.objects.filter(pk=entry.pk).exists() and Salt.objects.filter(pk=entry.pk).exists()


@pytest.mark.django_db
def test_an_entry_of_a_deed_that_failed_is_not_awaited() -> None:
    studio = uuid4()
    with pytest.raises(KeyError), transaction.atomic():
        record(action="test.deed", subject="x", studio=studio, actor=None)
        raise KeyError
    place_all()
    assert places(studio) == []


def test_a_sequencer_killed_in_the_middle_leaves_neither_gap_nor_double(committed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    studio = uuid4()
    write(studio, 20)
    place_all()
    write(studio, 30)
    killed_between(monkeypatch)
    with pytest.raises(OperationalError):
        sequencer.sequence()
    connection.close()
    monkeypatch.undo()
    assert places(studio) == list(range(20))
    place_all()
    assert places(studio) == list(range(50))
    assert trees.root(studio, 50) == stood(studio).root()
    assert not Pending.objects.filter(entry__in=Entry.objects.filter(studio=studio).values("pk")).exists()


def killed_between(monkeypatch: pytest.MonkeyPatch) -> None:
    """The database ends the sequencer's connection when the leaves are written and the nodes are not."""
    written = sequencer.copy

    def die(into: str, rows: Any) -> None:
        written(into, rows)
        if into == sequencer.SALTS:
            execute("SELECT pg_terminate_backend(pg_backend_pid())")

    monkeypatch.setattr(sequencer, "copy", die)


def test_many_sequencers_beside_many_writers_place_everything_once(committed: World) -> None:
    studios, done = [uuid4(), uuid4()], threading.Event()

    def writing(studio: UUID) -> None:
        for _ in range(15):
            write(studio, 3)
        connection.close()

    def sequencing() -> None:
        while not done.is_set():
            sequencer.sequence(most=7)
        connection.close()

    writers = [threading.Thread(target=writing, args=(studio,)) for studio in studios for _ in range(2)]
    sequencers = [threading.Thread(target=sequencing) for _ in range(3)]
    for thread in (*sequencers, *writers):
        thread.start()
    for thread in writers:
        thread.join()
    done.set()
    for thread in sequencers:
        thread.join()
    place_all()
    for studio in studios:
        assert places(studio) == list(range(90))
        assert trees.root(studio, 90) == stood(studio).root()
        assert Leaf.objects.filter(tree=studio).values("entry").distinct().count() == 90


def test_one_that_is_late_to_commit_comes_later_and_is_not_forgotten(committed: World) -> None:
    """Numbers are given before the commit: a smaller one may appear when a larger one has its place already."""
    studio, began, may_end = uuid4(), threading.Event(), threading.Event()

    def late() -> None:
        with transaction.atomic():
            record(action="test.late", subject="x", studio=studio, actor=None)
            began.set()
            assert may_end.wait(20)
        connection.close()

    thread = threading.Thread(target=late)
    thread.start()
    assert began.wait(20)
    write(studio, 1)
    place_all()
    assert places(studio) == [0]
    may_end.set()
    thread.join()
    place_all()
    actions = Leaf.objects.filter(tree=studio).order_by("place").values_list("entry__action", flat=True)
    assert list(actions) == ["test.deed", "test.late"]


@pytest.mark.django_db
def test_a_worker_is_told_at_most_once_a_second_and_a_dead_broker_fails_no_deed(
    monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    told: list[str] = []

    def unreachable(**options: Any) -> None:
        told.append(options["queue"])
        raise sequencer.sequence_soon.OperationalError

    monkeypatch.setattr(sequencer.sequence_soon, "apply_async", unreachable)
    monkeypatch.setattr(actions, "_turn", actions._Turn())
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            write(uuid4(), 3)
    assert told == ["io"]


@pytest.mark.parametrize("table", ["leaf", "node", "checkpoint"])
@pytest.mark.parametrize("deed", ["UPDATE audit_{} SET hash = hash", "DELETE FROM audit_{}", "TRUNCATE audit_{} CASCADE"])
@pytest.mark.django_db
def test_the_database_refuses_to_change_a_tree(table: str, deed: str) -> None:
    studio = uuid4()
    write(studio, 16)
    signed(studio)
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    statement = deed.format(table).replace("hash", "root") if table == "checkpoint" else deed.format(table)
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.parametrize("place", [1, 3, 4, -1])
@pytest.mark.django_db
def test_the_database_refuses_a_gap_and_a_double(place: int) -> None:
    studio = uuid4()
    write(studio, 2)
    place_all()
    [entry] = write(studio, 1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Leaf.objects.create(entry=entry, tree=studio, place=place, data="{}", hash=merkle.EMPTY)


@pytest.mark.django_db
def test_a_hash_that_is_gone_is_named_and_not_made_up() -> None:
    studio = uuid4()
    write(studio, 20)
    place_all()
    with full_rights():
        execute("DELETE FROM audit_node WHERE tree = %s", studio)
    with pytest.raises(trees.Hole, match=r"\(4, 0\)"):
        trees.root(studio, 20)
