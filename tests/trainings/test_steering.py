"""What its owner does with a training on its way: pause, resume, be content, cancel. Rows and seconds; the engine is in test_work."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from atelier.audit.models import Entry
from atelier.kit import outbox
from atelier.kit.models import Message
from atelier.kit.refused import Refused
from atelier.ledger.queries import astray, balance, unbalanced
from atelier.library.models import CustomModel
from atelier.licences.actions import revoke, suspend
from atelier.licences.queries import seconds_left
from atelier.material import actions as material
from atelier.trainings import queue, running, steering
from atelier.trainings.models import MAX_ATTEMPTS, Training
from atelier.trainings.states import EDGES, OPEN, Money
from atelier.trainings.states import TrainingState as S

from .real import Studio, seal_dataset
from .test_queue import expire, state, together

ALL = 3600


def midway(real: Studio, licence: Any = None, **knobs: Any) -> tuple[Training, int]:
    """Running, with step 2 of 4 stored. The training and its fence."""
    training = real.training(licence=licence or real.licence(), **knobs)
    claim = queue.claim(training.id, "w")
    assert claim
    running.enter(training.id, claim.fence, S.RUNNING)
    running.progress(training.id, claim.fence, 2, 0.5)
    running.checkpoint(training.id, claim.fence, 2, 0.5, [])
    return training, claim.fence


def paused(real: Studio, licence: Any = None) -> Training:
    training, fence = midway(real, licence)
    steering.pause(training=training, by=real.world.bob)
    assert running.obey(training.id, fence) == "paused"
    training.refresh_from_db()
    return training


def made(training: Training, fence: int, step: int) -> CustomModel | None:
    """What a worker does after the engine made the results from this step."""
    running.enter(training.id, fence, S.RUNNING)
    running.enter(training.id, fence, S.FINISHING)
    return running.finish(training.id, fence, manifest={"steps": step}, files=[])


def held(training: Training) -> int:
    return balance("held", "SEC", training.id)


def told(training: Training) -> list[str]:
    return list(Entry.objects.filter(subject=training.public_id).order_by("id").values_list("action", flat=True))


def test_a_pause_frees_the_worker_keeps_what_is_captured_and_keeps_the_rest_on_hold(real: Studio) -> None:
    licence = real.licence()
    training = paused(real, licence)
    half = training.quote.seconds // 2
    assert (training.state, training.lease_until, training.wish) == (S.PAUSED, None, "")
    assert (training.captured, held(training)) == (half, training.quote.seconds - half)
    assert queue.claim(training.id, "w") is None
    assert told(training)[-2:] == ["training.pause", "training.paused"]
    steering.resume(training=training, by=real.world.bob)
    assert queue.claim(training.id, "w") is not None
    assert seconds_left(licence) == ALL - training.quote.seconds


def test_what_waits_is_paused_at_once_and_asked_twice_is_once(real: Studio) -> None:
    training = real.training()
    for _ in range(2):
        assert steering.pause(training=training, by=real.world.bob).state == S.PAUSED
    assert told(training).count("training.paused") == 1
    for _ in range(2):
        assert steering.resume(training=training, by=real.world.bob).state == S.QUEUED
    assert told(training).count("training.resume") == 1


def test_pausing_again_and_again_uses_up_no_attempts(real: Studio) -> None:
    training = real.training()
    for _ in range(MAX_ATTEMPTS + 1):
        claim = queue.claim(training.id, "w")
        assert claim
        steering.pause(training=training, by=real.world.bob)
        running.obey(training.id, claim.fence)
        steering.resume(training=training, by=real.world.bob)
    assert state(training) == S.QUEUED


def test_a_pause_taken_back_while_the_worker_stops_sends_it_on(real: Studio) -> None:
    training, fence = midway(real)
    steering.pause(training=training, by=real.world.bob)
    assert running.beat(training.id, fence).stop == "paused"
    steering.resume(training=training, by=real.world.bob)
    assert running.obey(training.id, fence) == "resumed"
    assert state(training) == S.QUEUED


def test_a_pause_whose_worker_died_is_carried_out_by_the_sweep(real: Studio) -> None:
    training, _ = midway(real)
    steering.pause(training=training, by=real.world.bob)
    expire(training)
    assert queue.claim(training.id, "another") is None
    queue.sweep()
    assert state(training) == S.PAUSED


def test_a_pause_that_comes_after_the_last_step_comes_too_late(real: Studio) -> None:
    training, fence = midway(real)
    steering.pause(training=training, by=real.world.bob)
    assert made(training, fence, 4) is not None
    assert (state(training), training.captured) == (S.DONE, training.quote.seconds)
    with pytest.raises(Refused, match="already_over"):
        steering.pause(training=training, by=real.world.bob)


def test_a_pause_of_two_weeks_ends_it_gives_the_rest_back_and_keeps_the_checkpoints(real: Studio) -> None:
    licence = real.licence()
    training = paused(real, licence)
    queue.sweep()
    assert state(training) == S.PAUSED
    Training.objects.filter(pk=training.pk).update(since=F("since") - running.PAUSE_LIVES - timedelta(minutes=1))
    queue.sweep()
    assert (state(training), training.code) == (S.CANCELLED, "pause_expired")
    assert seconds_left(licence) == ALL - training.captured
    assert training.checkpoints.count() == 1


def test_what_waits_under_a_licence_that_was_revoked_ends_and_holds_nothing(real: Studio) -> None:
    licence = real.licence()
    aside, queued = paused(real, licence), real.training(licence=licence)
    suspend(licence=licence, reason="payment disputed")
    queue.sweep()
    assert (state(aside), state(queued)) == (S.PAUSED, S.QUEUED)
    revoke(licence=licence, reason="refunded")
    queue.sweep()
    for training in (aside, queued):
        assert (state(training), training.code) == (S.REJECTED, "REVOKED")
        assert held(training) == 0
    assert aside.checkpoints.count() == 1


def test_it_ends_also_when_its_dataset_was_withdrawn_before(real: Studio, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "dataset", seal_dataset(real.world))
    licence = real.licence()
    training = paused(real, licence)
    material.withdraw(dataset=real.dataset)
    revoke(licence=licence, reason="refunded")
    queue.sweep()
    assert (state(training), held(training)) == (S.WITHDRAWN, 0)


def test_a_training_whose_licence_was_revoked_meanwhile_does_not_go_on(real: Studio) -> None:
    licence = real.licence()
    training = paused(real, licence)
    revoke(licence=licence, reason="refunded")
    for deed in (steering.resume, steering.finish):
        with pytest.raises(Refused, match="REVOKED"):
            deed(training=training, by=real.world.bob)
    steering.cancel(training=training, by=real.world.bob)
    assert (state(training), held(training)) == (S.CANCELLED, 0)


def test_good_enough_ends_it_at_that_step_and_the_rest_goes_back(real: Studio) -> None:
    licence = real.licence()
    training, fence = midway(real, licence)
    steering.finish(training=training, by=real.world.bob)
    assert running.beat(training.id, fence).finish_at == 2
    running.checkpoint(training.id, fence, 3, 0.4, [])
    assert made(training, fence, 3) is not None
    assert (state(training), training.step, training.captured) == (S.DONE, 3, training.quote.seconds * 3 // 4)
    assert seconds_left(licence) == ALL - training.captured
    assert held(training) == 0


def test_after_good_enough_it_is_not_paused_and_a_cancel_still_counts(real: Studio) -> None:
    training, fence = midway(real)
    steering.finish(training=training, by=real.world.bob)
    with pytest.raises(Refused, match="too_late_to_pause"):
        steering.pause(training=training, by=real.world.bob)
    steering.cancel(training=training, by=real.world.bob)
    assert running.beat(training.id, fence).stop == "cancelled"
    with pytest.raises(Refused, match="stopping"):
        steering.finish(training=training, by=real.world.bob)


def test_there_is_no_model_before_the_first_step(real: Studio) -> None:
    waiting, begun = real.training(), real.training()
    queue.claim(begun.id, "w")
    for training in (waiting, begun):
        with pytest.raises(Refused, match="nothing_learned"):
            steering.finish(training=training, by=real.world.bob)


def test_three_days_before_a_pause_ends_its_owner_is_written_to_once(real: Studio, mailoutbox: list[Any]) -> None:
    training = real.training()
    steering.pause(training=training, by=real.world.bob)
    (told,) = Message.objects.filter(name="trainings.tell_paused", args__training=str(training.pk))
    assert abs(told.due_at - training_since(training) - timedelta(days=11)) < timedelta(minutes=1)
    outbox.deliver(str(told.pk))
    outbox.deliver(str(told.pk))
    (mail,) = mailoutbox
    assert training.quote.name in mail.subject and training.public_id in mail.body
    assert mail.to == [real.world.bob.email]


def test_a_pause_that_is_over_is_not_written_about(real: Studio, mailoutbox: list[Any]) -> None:
    training = real.training()
    steering.pause(training=training, by=real.world.bob)
    (told,) = Message.objects.filter(name="trainings.tell_paused", args__training=str(training.pk))
    steering.resume(training=training, by=real.world.bob)
    steering.pause(training=training, by=real.world.bob)  # another one, with eleven days of its own
    outbox.deliver(str(told.pk))
    assert mailoutbox == []


def training_since(training: Training) -> Any:
    training.refresh_from_db()
    return training.since


def test_any_stored_step_is_the_result_and_only_a_stored_one(real: Studio) -> None:
    training, fence = midway(real)
    running.checkpoint(training.id, fence, 3, 0.4, [])
    steering.pause(training=training, by=real.world.bob)
    running.obey(training.id, fence)
    with pytest.raises(Refused, match="no_such_checkpoint"):
        steering.finish(training=training, by=real.world.bob, step=1)
    steering.finish(training=training, by=real.world.bob, step=2)
    claim = queue.claim(training.id, "w")
    assert claim
    assert made(training, claim.fence, 2) is not None
    # Three of four steps were taken and are paid for; the result is the second.
    assert (state(training), training.step, training.captured) == (S.DONE, 2, training.quote.seconds * 3 // 4)


def test_a_cancelled_training_still_gives_a_model_for_nothing_more(real: Studio) -> None:
    licence = real.licence()
    training, fence = midway(real, licence)
    steering.cancel(training=training, by=real.world.bob)
    running.obey(training.id, fence)
    paid = seconds_left(licence)
    assert (state(training), paid) == (S.CANCELLED, ALL - training.captured)
    steering.finish(training=training, by=real.world.bob)
    claim = queue.claim(training.id, "w")
    assert claim
    assert made(training, claim.fence, 2) is not None
    assert (state(training), training.code, seconds_left(licence)) == (S.DONE, "", paid)


def test_what_is_over_for_another_reason_gives_no_model(real: Studio) -> None:
    training, fence = midway(real)
    running.refuse(training.id, fence, "bad_data", "clips/3.mp4 has no pictures in it.")
    for deed in (steering.finish, steering.pause, steering.resume, steering.cancel):
        with pytest.raises(Refused, match="already_over"):
            deed(training=training, by=real.world.bob)


@pytest.mark.parametrize("round_", range(6))
def test_pause_against_finish_of_the_run_has_one_winner(real: Studio, round_: int) -> None:
    training, fence = midway(real)
    together(lambda: steering.pause(training=training, by=real.world.bob), lambda: made(training, fence, 4))
    assert state(training) == S.DONE
    assert (training.captured, held(training)) == (training.quote.seconds, 0)


@pytest.mark.parametrize("round_", range(6))
def test_resume_against_cancel_of_a_paused_one_has_one_winner(real: Studio, round_: int) -> None:
    licence = real.licence()
    training = paused(real, licence)
    resumed, _ = together(
        lambda: steering.resume(training=training, by=real.world.bob), lambda: steering.cancel(training=training, by=real.world.bob)
    )
    # Whichever came first, the cancel counts: what waits again is cancelled too.
    assert state(training) == S.CANCELLED
    assert (isinstance(resumed, Refused) or resumed.state == S.QUEUED) and held(training) == 0
    assert seconds_left(licence) == ALL - training.captured


@pytest.mark.parametrize("round_", range(6))
def test_two_tabs_that_choose_different_steps_have_one_winner(real: Studio, round_: int) -> None:
    training, fence = midway(real)
    running.checkpoint(training.id, fence, 3, 0.4, [])
    steering.cancel(training=training, by=real.world.bob)
    running.obey(training.id, fence)
    got = together(*(lambda step=step: steering.finish(training=training, by=real.world.bob, step=step) for step in (2, 3)))
    assert state(training) == S.QUEUED
    assert {row.finish_at for row in got} == {training.finish_at}
    assert told(training).count("training.finish") == 1


@pytest.mark.parametrize("round_", range(6))
def test_a_claim_against_a_cancel_never_leaves_a_worker_on_what_is_over(real: Studio, round_: int) -> None:
    training = real.training()
    claim, _ = together(lambda: queue.claim(training.id, "w"), lambda: steering.cancel(training=training, by=real.world.bob))
    if claim is None:
        assert state(training) == S.CANCELLED
    else:
        assert running.beat(training.id, claim.fence).stop == "cancelled"
        assert running.obey(training.id, claim.fence) == "cancelled"
    assert held(training) == 0


def test_every_edge_that_ends_a_training_leaves_nothing_on_hold() -> None:
    assert all(edge.money in (Money.SETTLED, Money.RELEASED, Money.REVERSED) for edge in EDGES if edge.to not in OPEN)
    assert all(edge.money in (Money.NOTHING, Money.HELD) for edge in EDGES if edge.to in OPEN)
    assert len({(edge.source, edge.to) for edge in EDGES}) == len(EDGES)


def test_each_move_is_in_the_log_with_its_reason_and_the_seconds_so_far(real: Studio) -> None:
    training, fence = midway(real)
    steering.finish(training=training, by=real.world.bob)
    made(training, fence, 2)
    entries = Entry.objects.filter(subject=training.public_id).order_by("id")
    moves = [(e.action, e.detail["code"], e.detail["seconds"]) for e in entries if "code" in e.detail]
    half = training.quote.seconds // 2
    assert moves == [
        ("training.preflight", "claimed", 0),
        ("training.running", "first_step", 0),
        ("training.finishing", "trained", half),
        ("training.done", "finished_early", half),
    ]


def test_the_books_balance_after_all_of_this(real: Studio) -> None:
    assert not astray().exists()
    assert not unbalanced().exists()
