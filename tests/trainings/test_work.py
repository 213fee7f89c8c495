"""Whole claims with the real engine, the real store and the real database."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from atelier.kit import store
from atelier.ledger.queries import astray, balance, unbalanced
from atelier.library.models import CustomModel
from atelier.licences.actions import revoke
from atelier.licences.queries import seconds_left
from atelier.trainings import worker
from atelier.trainings.actions import cancel
from atelier.trainings.models import Checkpoint, Training
from atelier.trainings.states import TrainingState

from .real import Studio

pytestmark = pytest.mark.usefixtures("engine_ends")


@contextmanager
def at_work(training: Training) -> Iterator[list[str]]:
    """A worker's thread on this training; leaving waits until it is done. Yields what it answers."""
    said: list[str] = []

    def go() -> None:
        try:
            said.append(worker.work(training.id))
        finally:
            connection.close()

    thread = threading.Thread(target=go)
    thread.start()
    yield said
    thread.join(150)
    assert not thread.is_alive()


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
        worker.engine().process.kill()
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
            worker.draining.set()
        assert said == ["handed back"]
        assert worker.work(training.id) == "draining"
    finally:
        worker.draining.clear()
    training.refresh_from_db()
    assert (training.state, training.attempts) == (TrainingState.QUEUED, 0)
    assert worker.work(training.id) == "done"
