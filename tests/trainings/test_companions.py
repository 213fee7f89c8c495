"""Several trainings in one pass of a worker's engine: who comes along, and that each keeps its own lease, money and end."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

import pytest

from atelier.ledger.queries import astray, balance, unbalanced
from atelier.library.models import CustomModel
from atelier.trainings import claimed, companions, line, queue, seat, slots, worker
from atelier.trainings.actions import declare, quote, start
from atelier.trainings.models import Training
from atelier.trainings.slots import Slot
from atelier.trainings.states import ACTIVE
from atelier.trainings.states import TrainingState as S
from atelier.trainings.steering import cancel, finish
from finetune.manifest import digest
from tests.threads import meanwhile

from .real import Studio
from .test_queue import expire, state
from .test_work import reached, until

pytestmark = pytest.mark.usefixtures("engine_ends")
HERE = Slot("here:1", 0, 0)
Wish = Callable[..., Training]


@pytest.fixture
def nobody_else(real: Studio) -> Iterator[None]:
    """Nothing waits or is at work, and nothing is left."""

    def clear() -> None:
        Training.objects.filter(state__in=(S.QUEUED, *ACTIVE)).update(state=S.CANCELLED, lease_until=None)

    clear()
    yield
    clear()


@pytest.fixture
def wish(real: Studio, nobody_else: None) -> Wish:
    """A training of this creator, in the line."""
    return real.training


def together(first: Training, slot: Slot = HERE) -> set[Any]:
    """The companions of the first of the line, which it must be."""
    got = queue.claim_next(slot)
    assert got and got.training == first.pk
    return {claim.training for claim in companions.of(got, slot)}


# Who comes along.


def test_what_is_alike_comes_along_in_the_order_of_the_line(wish: Wish) -> None:
    rows = [wish(steps=4 + number) for number in range(4)]
    assert together(rows[0]) == {row.pk for row in rows[1:]}
    for row in rows:
        assert state(row) == S.PREFLIGHT
        assert [claim.worker for claim in row.claims.all()] == [HERE.worker]
    assert len({row.fence for row in rows}) == 4
    assert queue.claim_next(HERE) is None


@pytest.mark.parametrize("other", [{"rank": 1}, {"batch_size": 1}, {"frames": 5}, {"height": 48}, {"targets": ["attn1.to_q"]}])
def test_what_differs_in_what_a_pass_shares_waits_for_a_turn_of_its_own(wish: Wish, other: dict[str, Any]) -> None:
    first, different = wish(rank=8), wish(**{"rank": 8, **other})
    assert together(first) == set()
    assert state(different) == S.QUEUED


def test_another_base_waits_for_a_turn_of_its_own(wish: Wish) -> None:
    first, other = wish(), wish()
    Training.objects.filter(pk=other.pk).update(alike={**other.alike, "base": "sha256:another"})
    assert together(first) == set()


def test_what_the_rule_knows_nothing_of_goes_alone(wish: Wish) -> None:
    first, other = wish(), wish()
    Training.objects.filter(pk=other.pk).update(alike={})
    assert together(first) == set()


def test_no_more_come_along_than_the_memory_of_the_worker_holds(wish: Wish) -> None:
    rows = [wish() for _ in range(3)]
    told = rows[0].alike
    each = told["tokens"] * told["memory_token"] + 16 * told["adapter"]
    room = round((told["beside"] + 2.5 * each) / 0.95)
    Training.objects.update(memory=0)
    assert together(rows[0], replace(HERE, room=room)) == {rows[1].pk}


@pytest.mark.parametrize(("most", "companions_"), [(1, 0), (2, 1), (99, 3)])
def test_a_pass_is_as_broad_as_the_operator_allows(wish: Wish, settings: Any, most: int, companions_: int) -> None:
    settings.TRAININGS_PER_PASS = most
    rows = [wish() for _ in range(4)]
    assert len(together(rows[0])) == companions_


def test_one_creator_has_no_more_at_work_than_the_limit_in_a_pass_as_elsewhere(wish: Wish, settings: Any) -> None:
    settings.TRAININGS_PER_CREATOR = 2
    rows = [wish() for _ in range(4)]
    assert together(rows[0]) == {rows[1].pk}
    assert [state(row) for row in rows[2:]] == [S.QUEUED, S.QUEUED]


def test_what_an_idle_worker_is_about_to_take_is_left_to_it(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [wish() for _ in range(4)]
    there = [HERE, Slot("idle:1", 0, 0), Slot("busy:1", 0, 0, training="trn_1"), Slot("going:1", 0, 0, draining=True)]
    monkeypatch.setattr(slots, "seen", lambda: there)
    assert together(rows[0]) == {row.pk for row in rows[2:]}
    assert line.first(HERE) == [rows[1].pk]


def test_what_failed_before_goes_alone(wish: Wish) -> None:
    rows = [wish() for _ in range(3)]
    Training.objects.filter(pk=rows[1].pk).update(attempts=1)
    assert together(rows[0]) == {rows[2].pk}
    assert together(rows[1]) == set()


def test_what_only_wants_its_files_made_goes_alone(wish: Wish) -> None:
    rows = [wish() for _ in range(2)]
    Training.objects.filter(pk=rows[1].pk).update(finish_at=2)
    assert together(rows[0]) == set()


def test_what_the_rule_asks_is_kept_from_the_start(wish: Wish) -> None:
    row = wish(rank=4)
    row.refresh_from_db()
    assert (row.alike["rank"], row.alike["tokens"], row.alike["shapes"]) == (4, 160, [[9, 32, 32, 2]])
    assert row.alike["beside"] > 1 << 20 and row.alike["memory_token"] > 0


# What they do together.


def one_pass() -> AbstractContextManager[list[str]]:
    """A worker's thread, which takes the first of the line and its companions; leaving waits until all are over."""
    return meanwhile(worker.work_next)
    assert not astray().exists() and not unbalanced().exists()


def assert_whole(*rows: Training) -> None:
    for row in rows:
        assert state(row) == S.DONE, (row.code, row.sentence)
        assert row.captured == row.quote.seconds == balance("spent", "SEC", row.id)
        assert CustomModel.objects.get(training=row.id).manifest["job"] == row.public_id


def of_another(real: Studio) -> Training:
    """Of a creator with a licence of her own."""
    ann = real.world.person(f"ann-{os.urandom(4).hex()}")
    project = declare(owner=ann, name="Other", stage="production", media=["web"], territories=["FR"], commercial=False)
    wish = {**real.quote(steps=6).knobs, "preserve": 0}
    quoted = quote(
        owner=ann,
        licence=real.licence(holder=ann),
        dataset=real.dataset,
        project=project,
        name="Other look",
        knobs=wish,
        previews=[],
        seed=1,
    )
    return start(quote=quoted, by=ann)


def test_one_alone_whose_lease_is_lost_takes_its_engine_along(wish: Wish, engine_that: Callable[[str], None]) -> None:
    engine_that("time.sleep(3600)")
    lost, engine = wish(), seat.engine()
    with one_pass() as said:
        until(lambda: bool(engine.at_work))
        expire(lost)
        assert queue.claim(lost.pk, "another")
    assert said == ["lease lost"]
    assert not engine.alive and seat.there() is None


def test_the_clip_at_which_it_died_is_that_of_one_alone(wish: Wish, engine_that: Callable[[str], None]) -> None:
    wishes = [wish(), wish()]
    opening = {"event": "phase", "name": "encode", "clip": "clips/2.mp4", "job": wishes[1].public_id}
    engine_that(f"job == {wishes[1].public_id!r} and (print(json.dumps({opening!r}), flush=True), sys.exit(139))")
    with one_pass() as said:
        pass
    assert said == [S.QUEUED]
    assert [[claim.clip for claim in row.claims.all()] for row in wishes] == [[""], ["clips/2.mp4"]]


def test_trainings_of_two_creators_share_a_pass_and_each_ends_with_its_own(
    real: Studio, wish: Wish, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, other = wish(previews=1), of_another(real)
    seen: list[Slot] = []
    monkeypatch.setattr(claimed.live, "tell", lambda *_: seen.append(worker.look()))
    with one_pass() as said:
        pass
    assert said == ["done"]
    assert_whole(mine, other)
    assert {mine.public_id, other.public_id} in [{slot.training, *slot.beside} for slot in seen]
    for row, neighbour in ((mine, other), (other, mine)):
        model = CustomModel.objects.get(training=row.id)
        assert model.manifest["shared_pass_with"] == [digest(neighbour.public_id.encode())]
        assert neighbour.public_id not in str(model.manifest)
    assert worker.look().training == "" and not seat.engine().at_work


def test_one_that_is_cancelled_leaves_and_the_other_goes_on(real: Studio, wish: Wish) -> None:
    left, stays = wish(steps=400, checkpoint_every=4), wish(steps=40, checkpoint_every=20)
    with one_pass() as said:
        until(reached(left, 4))
        cancel(training=left, by=real.world.bob)
    assert said == ["cancelled"]
    assert state(left) == S.CANCELLED
    assert left.captured == left.quote.seconds * left.checkpoints.order_by("-step")[0].step // 400
    assert_whole(stays)
    assert seat.there() and seat.engine().alive


def test_one_whose_lease_is_lost_stops_alone(wish: Wish) -> None:
    lost, stays = wish(steps=400, checkpoint_every=4), wish(steps=60, checkpoint_every=20)
    with one_pass() as said:
        until(reached(lost, 4))
        expire(lost)
        taken = queue.claim(lost.pk, "another")
        assert taken
    assert said == ["lease lost"]
    assert_whole(stays)
    assert (state(lost), lost.fence) == (S.PREFLIGHT, taken.fence)
    assert all(kept.fence < taken.fence for kept in lost.checkpoints.all())


def test_an_engine_that_is_killed_sends_all_back_and_each_goes_on_by_itself(wish: Wish) -> None:
    rows = [wish(steps=40, checkpoint_every=4) for _ in range(2)]
    with one_pass() as said:
        until(reached(rows[1], 4))
        os.kill(seat.engine().process.pid, signal.SIGKILL)
    assert said == ["queued"]
    assert [(state(row), row.attempts) for row in rows] == [(S.QUEUED, 1)] * 2
    assert [worker.work_next() for _ in rows] == ["done", "done"]
    assert_whole(*rows)
    assert [[claim.outcome for claim in row.claims.all()] for row in rows] == [["engine_died", "done"]] * 2


def test_a_draining_worker_hands_all_over_at_a_checkpoint(wish: Wish) -> None:
    rows = [wish(steps=300, checkpoint_every=4) for _ in range(2)]
    try:
        with one_pass() as said:
            until(reached(rows[1], 4))
            seat.draining.set()
    finally:
        seat.draining.clear()
    assert said == ["handed back"]
    assert [(state(row), row.attempts) for row in rows] == [(S.QUEUED, 0)] * 2
    assert all(row.checkpoints.exists() for row in rows)


def test_one_whose_material_is_bad_ends_alone(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    bad, stays = wish(), wish()
    fetch = claimed.material.fetch

    def altered(dataset: Any, folder: Any) -> None:
        fetch(dataset, folder)
        if str(bad.pk) in str(folder):
            next(folder.rglob("*.mp4")).write_bytes(b"not a clip")

    monkeypatch.setattr(claimed.material, "fetch", altered)
    with one_pass() as said:
        pass
    assert said == [S.FAILED_USER]
    assert (state(bad), bad.captured) == (S.FAILED_USER, 0)
    assert_whole(stays)


def test_one_that_comes_too_late_is_left_to_others_and_costs_no_attempt(wish: Wish, monkeypatch: pytest.MonkeyPatch) -> None:
    first, late = wish(), wish()
    over, fetch = threading.Event(), claimed.material.fetch

    def slow(dataset: Any, folder: Any) -> None:
        if str(late.pk) in str(folder):
            over.wait(60)
        fetch(dataset, folder)

    monkeypatch.setattr(claimed.material, "fetch", slow)
    monkeypatch.setattr("atelier.trainings.door.LATE_SECONDS", 0.2)
    with one_pass() as said:
        until(lambda: state(first) == S.DONE)
        over.set()
    assert said == ["done"]
    assert_whole(first)
    assert (state(late), late.attempts) == (S.QUEUED, 0)


def test_good_enough_ends_one_and_the_other_goes_on(real: Studio, wish: Wish) -> None:
    enough, stays = wish(steps=400, checkpoint_every=4), wish(steps=120, checkpoint_every=40)
    with one_pass():
        until(reached(enough, 4))
        finish(training=enough, by=real.world.bob)
    assert_whole(stays)
    assert state(enough) == S.DONE and 4 <= enough.step < 400
    assert enough.captured == enough.quote.seconds * enough.step // 400


def test_an_earlier_step_is_chosen_while_others_share_the_engine(real: Studio, wish: Wish) -> None:
    chosen, stays = wish(steps=400, checkpoint_every=4), wish(steps=60, checkpoint_every=30)
    with one_pass() as said:
        until(reached(chosen, 16))
        earlier = min(chosen.checkpoints.values_list("step", flat=True))
        finish(training=chosen, by=real.world.bob, step=earlier)
    assert said == ["done"]
    assert_whole(stays)
    assert (state(chosen), chosen.step) == (S.DONE, earlier)
    assert CustomModel.objects.get(training=chosen.id).manifest["steps"] == earlier
