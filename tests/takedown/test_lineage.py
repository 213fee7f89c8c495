"""What stands on what: no descendant is missed, none is invented."""

from random import Random
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from atelier.licences import lineage as stones
from atelier.licences.models import Tombstone
from atelier.takedown import kinds, lineage
from atelier.takedown.takedowns import begin, lift
from tests.world import World, run_outbox

from .graph import grown

FEW = settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@FEW
@given(seed=st.integers(0, 2**32), size=st.integers(1, 5))
def test_no_descendant_is_missed_and_none_invented_on_random_lineages(world: World, seed: int, size: int) -> None:
    draw = Random(seed)
    with transaction.atomic():
        made = grown(world, size, draw.choice, lambda all: [each for each in all if draw.random() < 0.4])
        for start in made.nodes:
            assert lineage.rows(*start) == made.reached(start), start
        transaction.set_rollback(True)


def dense(world: World, size: int = 3) -> Any:
    return grown(world, size, Random(7).choice, lambda all: list(all))


def test_the_dry_run_counts_by_kind_gives_examples_and_changes_nothing(world: World) -> None:
    made = dense(world)
    title = next(node for node in made.nodes if node[0] == "title")
    found, reached = lineage.reach(*title), made.reached(title)
    assert found.counts == {kind: len([node for node in reached if node[0] == kind]) for kind in {node[0] for node in reached}}
    assert found.total == len(reached)
    assert all(set(ids) <= {pk for kind_, pk in reached if kind_ == kind} for kind, ids in found.examples.items())
    assert not Tombstone.objects.exists()


def test_every_kind_of_the_lineage_can_be_named_and_stands_on_an_edge(world: World) -> None:
    named = {edge.source for edge in lineage.EDGES} | {edge.to for edge in lineage.EDGES}
    assert named == set(kinds.KINDS)
    made = dense(world)
    for kind, pk in made.nodes:
        item = kinds.item(kind, pk)
        assert item is not None and item.word and item.name
        assert (item.studio is None) != (item.owner is None)
        assert kinds.parsed(item.id) == item


def test_tombstones_lie_on_what_was_reached_and_each_is_written_once(world: World) -> None:
    made = dense(world)
    start = next(node for node in made.nodes if node[0] == "asset")
    item = kinds.item(*start)
    assert item is not None
    row, _ = begin(item=item, by=world.bob, reason="mine")
    run_outbox("takedown.follow")
    assert set(Tombstone.objects.filter(takedown=row.pk).values_list("kind", "item")) == made.reached(start)
    assert stones.withdrawn([start[1]])
    for change in ({"item": row.pk}, {"laid_at": None}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Tombstone.objects.filter(takedown=row.pk).update(**change)
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        Tombstone.objects.filter(takedown=row.pk).delete()
    lift(takedown=row, by=world.bob, reason="a slip")
    assert not stones.withdrawn([start[1]])
    with pytest.raises(IntegrityError, match="written once"), transaction.atomic():
        Tombstone.objects.filter(takedown=row.pk).update(lifted_at=None)


def test_one_takedown_that_is_lifted_leaves_another_standing(world: World) -> None:
    made = dense(world)
    first, second = (kinds.item(*node) for node in [node for node in made.nodes if node[0] == "title"][:2])
    assert first is not None and second is not None
    both = made.reached(("title", first.row.pk)) & made.reached(("title", second.row.pk))
    (one, _), _ = begin(item=first, by=world.alice, reason="x"), begin(item=second, by=world.alice, reason="x")
    run_outbox("takedown.follow")
    lift(takedown=one, by=world.alice, reason="x")
    assert both and all(stones.withdrawn([pk]) for _, pk in both)
    assert not stones.withdrawn([first.row.pk])
