"""The job row: one claim at a time, a fence for zombies, nothing lost, nothing charged twice. No engine needed."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from atelier.kit.refused import Refused
from atelier.ledger.queries import astray, balance, unbalanced
from atelier.licences.actions import revoke
from atelier.licences.queries import seconds_left
from atelier.trainings import queue, running
from atelier.trainings.actions import start
from atelier.trainings.models import MAX_ATTEMPTS, Training
from atelier.trainings.running import LeaseLost
from atelier.trainings.states import TRAINING, TrainingState
from atelier.trainings.steering import cancel
from tests import threads

from .real import Studio


def together(*deeds: Callable[[], Any]) -> list[Any]:
    return threads.together(*deeds, expecting=(Refused, LeaseLost))


def expire(training: Training) -> None:
    Training.objects.filter(pk=training.pk).update(lease_until=training.created_at)


def finish(training: Training, fence: int) -> Any:
    running.enter(training.id, fence, TrainingState.RUNNING)
    running.enter(training.id, fence, TrainingState.FINISHING)
    return running.finish(training.id, fence, manifest={}, files=[])


def state(training: Training) -> str:
    training.refresh_from_db()
    return training.state


def test_a_double_click_on_train_starts_one_training(real: Studio) -> None:
    licence = real.licence()
    quote = real.quote(licence=licence)
    started = together(*[lambda: start(quote=quote, by=real.world.bob)] * 6)
    assert len({training.id for training in started}) == 1
    assert seconds_left(licence) == 3600 - quote.seconds


def test_two_quotes_cannot_hold_the_same_seconds(real: Studio) -> None:
    ask = {"steps": 200}
    needed = real.quote(**ask).seconds
    licence = real.licence(training_seconds=needed + needed // 2)
    quotes = [real.quote(licence=licence, **ask) for _ in range(4)]
    got = together(*[lambda quote=quote: start(quote=quote, by=real.world.bob) for quote in quotes])
    assert sum(isinstance(each, Training) for each in got) == 1
    assert {each.code for each in got if isinstance(each, Refused)} == {"ALLOWANCE_SPENT"}
    assert seconds_left(licence) == needed // 2


def test_one_of_many_workers_gets_the_claim(real: Studio) -> None:
    training = real.training()
    got = together(*[lambda: queue.claim(training.id, "w")] * 6)
    assert sum(claim is not None for claim in got) == 1


def test_a_lost_lease_is_taken_over_and_the_zombie_writes_nothing(real: Studio) -> None:
    training = real.training()
    first = queue.claim(training.id, "first")
    assert queue.claim(training.id, "second") is None
    expire(training)
    second = queue.claim(training.id, "second")
    assert second.fence > first.fence
    for zombie in (
        lambda: running.beat(training.id, first.fence),
        lambda: running.progress(training.id, first.fence, 3, 0.1),
        lambda: running.checkpoint(training.id, first.fence, 2, 0.1, []),
        lambda: finish(training, first.fence),
        lambda: running.give_up(training.id, first.fence, "x", "x"),
        lambda: running.hand_back(training.id, first.fence),
    ):
        with pytest.raises(LeaseLost):
            zombie()
    training.refresh_from_db()
    assert (training.step, training.captured, training.fence) == (0, 0, second.fence)
    assert [claim.outcome for claim in training.claims.all()] == ["lease_lost", ""]


def test_an_expired_lease_counts_even_before_anybody_took_over(real: Studio) -> None:
    training = real.training()
    claim = queue.claim(training.id, "w")
    expire(training)
    with pytest.raises(LeaseLost):
        running.beat(training.id, claim.fence)


def test_a_repeated_checkpoint_captures_once(real: Studio) -> None:
    training = real.training(steps=4)
    claim = queue.claim(training.id, "w")
    first = running.checkpoint(training.id, claim.fence, 2, 0.5, [])
    assert first == training.quote.seconds * 2 // 4
    assert running.checkpoint(training.id, claim.fence, 2, 0.5, []) == 0
    assert balance("spent", "SEC", training.id) == first


def test_after_three_lost_workers_it_ends_and_costs_nothing(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    for attempt in range(MAX_ATTEMPTS):
        claim = queue.claim(training.id, f"w{attempt}")
        running.checkpoint(training.id, claim.fence, 2, 0.5, [])
        expire(training)
    assert queue.claim(training.id, "one too many") is None
    queue.sweep()
    assert state(training) == TrainingState.FAILED_SYSTEM
    assert training.captured == 0
    assert seconds_left(licence) == 3600


def test_bad_material_is_not_tried_again_and_costs_nothing(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    claim = queue.claim(training.id, "w")
    running.checkpoint(training.id, claim.fence, 2, 0.5, [])
    running.refuse(training.id, claim.fence, "bad_data", "clips/3.mp4 has no pictures in it.")
    assert state(training) == TrainingState.FAILED_USER
    assert "clips/3.mp4" in training.sentence
    assert seconds_left(licence) == 3600


def test_cancelling_what_waits_ends_it_at_once(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    cancel(training=training, by=real.world.bob)
    assert state(training) == TrainingState.CANCELLED
    assert seconds_left(licence) == 3600
    assert queue.claim(training.id, "w") is None
    with pytest.raises(Refused, match="already_over"):
        cancel(training=training, by=real.world.bob)


def test_a_cancelled_training_whose_worker_died_is_ended_by_the_sweep(real: Studio) -> None:
    training = real.training()
    queue.claim(training.id, "w")
    cancel(training=training, by=real.world.bob)
    expire(training)
    queue.sweep()
    assert state(training) == TrainingState.CANCELLED


@pytest.mark.parametrize("round_", range(8))
def test_cancel_against_finish_has_one_winner(real: Studio, round_: int) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    claim = queue.claim(training.id, "w")
    cancelled, finished = together(
        lambda: cancel(training=training, by=real.world.bob),
        lambda: finish(training, claim.fence),
    )
    if state(training) == TrainingState.DONE:
        assert isinstance(cancelled, Refused)
        assert training.captured == training.quote.seconds
    else:
        assert (training.state, finished) == (TrainingState.CANCELLED, None)
        assert training.captured == 0
        assert seconds_left(licence) == 3600
    assert balance("held", "SEC", training.id) == 0


@pytest.mark.parametrize("round_", range(4))
def test_refund_against_finish_never_leaves_a_running_job(real: Studio, round_: int) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    claim = queue.claim(training.id, "w")
    together(lambda: revoke(licence=licence, reason="refunded"), lambda: finish(training, claim.fence))
    assert state(training) in (TrainingState.DONE, TrainingState.REJECTED)
    assert balance("held", "SEC", training.id) == 0


def test_the_heartbeat_brings_back_a_lost_right(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    claim = queue.claim(training.id, "w")
    assert running.beat(training.id, claim.fence).stop == ""
    revoke(licence=licence, reason="refunded")
    orders = running.beat(training.id, claim.fence)
    assert orders.stop == "REVOKED"
    running.obey(training.id, claim.fence)
    assert (state(training), training.code) == (TrainingState.REJECTED, "REVOKED")


def test_positions_count_from_the_front(real: Studio) -> None:
    first, second = real.training(), real.training()
    assert queue.position(second) == queue.position(first) + 1
    claim = queue.claim(first.id, "w")
    first.refresh_from_db()
    assert queue.position(first) is None
    assert claim is not None


def test_the_database_refuses_a_lease_without_an_active_state(real: Studio) -> None:
    training = real.training()
    with pytest.raises(IntegrityError, match="training_lease_when_active"), transaction.atomic():
        Training.objects.filter(pk=training.pk).update(lease_until=Now())


def test_every_state_is_reachable_and_ends_lead_nowhere() -> None:
    reachable, grown = {"queued"}, True
    while grown:
        more = {to for state in reachable for to in TRAINING.moves[state]} - reachable
        reachable, grown = reachable | more, bool(more)
    assert reachable == set(TrainingState.values)
    assert {s for s in TRAINING.moves if TRAINING.final(s)} == {"done", "rejected", "withdrawn", "failed_user", "failed_system"}
    assert TRAINING.moves["cancelled"] == {"queued"}  # its owner may take a checkpoint of it


def test_the_books_balance_after_all_of_this(real: Studio) -> None:
    assert not astray().exists()
    assert not unbalanced().exists()
