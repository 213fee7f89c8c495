"""Whole claims with the real engine, the real store and the real database."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest

from atelier.kit import store
from atelier.ledger.queries import astray, balance, unbalanced
from atelier.library.card import Card, cards
from atelier.library.models import CustomModel
from atelier.licences.actions import revoke
from atelier.licences.queries import seconds_left
from atelier.trainings import seat, worker
from atelier.trainings.models import Checkpoint, Training
from atelier.trainings.states import TrainingState
from atelier.trainings.steering import cancel, finish, pause, resume
from tests.threads import meanwhile
from tests.world import run_outbox

from .real import Studio

pytestmark = pytest.mark.usefixtures("engine_ends")


def at_work(training: Training) -> AbstractContextManager[list[str]]:
    """A worker's thread on this training; leaving waits until it is done. Yields what it answers."""
    return meanwhile(lambda: worker.work(training.id))


def until(what: Callable[[], bool], seconds: float = 120) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.05)


def reached(training: Training, step: int) -> Callable[[], bool]:
    return lambda: Checkpoint.objects.filter(training=training, step__gte=step).exists()


def assert_books_balance() -> None:
    assert not astray().exists()
    assert not unbalanced().exists()


def test_it_trains_publishes_and_captures_exactly_the_quote(real: Studio) -> None:
    training = real.training(previews=1)
    assert worker.work(training.id) == "done"
    training.refresh_from_db()
    assert training.state == TrainingState.DONE
    assert (training.step, training.captured, training.lease_until) == (4, training.quote.seconds, None)
    model = CustomModel.objects.get(training=training.id)
    for artifact in model.artifacts.all():
        assert store.digest(store.MODELS, artifact.key) == artifact.sha256
    assert {"diffusers", "comfyui"} <= {artifact.layout for artifact in model.artifacts.all()}
    assert [c.step for c in Checkpoint.objects.filter(training=training)] == [2, 4]
    assert balance("spent", "SEC", training.id) == training.quote.seconds
    assert balance("held", "SEC", training.id) == 0
    assert worker.work(training.id) == "not claimable"
    assert_books_balance()


def test_a_killed_engine_resumes_from_the_checkpoint_and_is_charged_once(real: Studio) -> None:
    training = real.training(steps=60, checkpoint_every=5)
    with at_work(training) as said:
        until(reached(training, 5))
        seat.engine().process.kill()
    assert said == ["queued"]
    training.refresh_from_db()
    kept = training.checkpoints.order_by("-step")[0].step
    assert training.captured == training.quote.seconds * kept // 60
    assert worker.work(training.id) == "done"
    training.refresh_from_db()
    assert (training.state, training.attempts, training.captured) == ("done", 2, training.quote.seconds)
    first, second = training.claims.all()
    assert (first.outcome, second.outcome) == ("engine_died", "done")
    fences = {c.step: c.fence for c in training.checkpoints.all()}
    assert fences[kept] == first.fence
    assert fences[60] == second.fence
    assert balance("spent", "SEC", training.id) == training.quote.seconds
    assert_books_balance()


def test_a_store_that_goes_away_in_mid_run_sends_it_back_and_the_next_claim_is_its_own(real: Studio, settings: Any) -> None:
    training = real.training(steps=120, checkpoint_every=5)
    reachable = settings.S3
    with at_work(training) as said:
        until(reached(training, 5))
        settings.S3 = {**reachable, "endpoint_url": "http://127.0.0.1:9"}
    settings.S3 = reachable
    assert said == ["queued"]
    assert worker.work(training.id) == "done"
    training.refresh_from_db()
    assert (training.state, training.attempts, training.captured) == ("done", 2, training.quote.seconds)
    assert [claim.outcome for claim in training.claims.all()] == ["store_unavailable", "done"]
    assert balance("spent", "SEC", training.id) == training.quote.seconds
    assert_books_balance()


def test_a_cancel_stops_it_at_a_checkpoint_and_releases_the_rest(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence, steps=400, checkpoint_every=4)
    with at_work(training) as said:
        until(reached(training, 4))
        cancel(training=training, by=real.world.bob)
    assert said == ["cancelled"]
    training.refresh_from_db()
    kept = training.checkpoints.order_by("-step")[0].step
    assert training.state == TrainingState.CANCELLED
    assert training.captured == training.quote.seconds * kept // 400
    assert seconds_left(licence) == 3600 - training.captured
    assert not CustomModel.objects.filter(training=training.id).exists()
    assert_books_balance()


def weights(training: Training) -> set[str]:
    """What the files of its model hold, whatever they are called."""
    return {file["tensor_digest"] for file in CustomModel.objects.get(training=training.id).manifest["files"]}


def test_paused_and_resumed_it_ends_with_the_bits_of_one_that_never_stopped(real: Studio) -> None:
    wish = {"steps": 160, "checkpoint_every": 10, "previews": 1}
    undisturbed, training = real.training(**wish), real.training(**wish)
    assert worker.work(undisturbed.id) == "done"
    with at_work(training) as said:
        until(reached(training, 10))
        pause(training=training, by=real.world.bob)
    assert said == ["paused"]
    training.refresh_from_db()
    kept = training.checkpoints.order_by("-step")[0].step
    assert (training.state, training.lease_until, training.captured) == ("paused", None, training.quote.seconds * kept // 160)
    assert 10 <= kept < 160
    assert worker.work(training.id) == "not claimable"
    resume(training=training, by=real.world.bob)
    assert worker.work(training.id) == "done"
    training.refresh_from_db()
    assert (training.attempts, training.captured) == (1, training.quote.seconds)
    assert weights(training) == weights(undisturbed)
    assert_books_balance()


def test_good_enough_makes_a_whole_model_of_the_step_in_hand_and_gives_the_rest_back(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence, steps=400, checkpoint_every=4, previews=1)
    with at_work(training) as said:
        until(reached(training, 4))
        finish(training=training, by=real.world.bob)
    assert said == ["done"]
    training.refresh_from_db()
    assert training.state == TrainingState.DONE and 4 <= training.step < 400
    assert training.captured == training.quote.seconds * training.step // 400
    assert seconds_left(licence) == 3600 - training.captured
    model = CustomModel.objects.get(training=training.id)
    assert model.manifest["steps"] == training.step
    assert {"diffusers", "comfyui"} <= {artifact.layout for artifact in model.artifacts.all()}
    run_outbox("library.sign")
    assert model.artifacts.filter(kind="preview").count() == 2
    assert_books_balance()


def test_a_cancelled_training_becomes_the_model_of_the_step_that_is_chosen(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence, steps=400, checkpoint_every=4, preview_every=8, previews=1)
    with at_work(training):
        until(reached(training, 12))
        cancel(training=training, by=real.world.bob)
    left = seconds_left(licence)
    finish(training=training, by=real.world.bob, step=4)
    assert worker.work(training.id) == "done"
    training.refresh_from_db()
    assert (training.state, training.step, seconds_left(licence)) == (TrainingState.DONE, 4, left)
    model = CustomModel.objects.get(training=training.id)
    assert model.manifest["steps"] == 4
    run_outbox("trainings.show_preview", "library.sign")
    # What it shows is its own step, not the later ones that its training had previews of.
    assert [pair.after.step for pair in Card(model, "en").pairs] == [4]
    assert [card.face.step for card in cards([model], "en")] == [4]
    assert_books_balance()


def test_a_revoked_licence_stops_the_running_training(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence, steps=400, checkpoint_every=4)
    with at_work(training) as said:
        until(reached(training, 4))
        revoke(licence=licence, reason="refunded")
    assert said == ["REVOKED"]
    training.refresh_from_db()
    assert (training.state, training.code) == (TrainingState.REJECTED, "REVOKED")
    assert balance("held", "SEC", training.id) == 0


def test_a_draining_worker_hands_over_at_a_checkpoint(real: Studio) -> None:
    training = real.training(steps=60, checkpoint_every=4)
    try:
        with at_work(training) as said:
            until(reached(training, 4))
            seat.draining.set()
        assert said == ["handed back"]
        assert worker.work(training.id) == "draining"
    finally:
        seat.draining.clear()
    training.refresh_from_db()
    assert (training.state, training.attempts) == (TrainingState.QUEUED, 0)
    assert worker.work(training.id) == "done"
