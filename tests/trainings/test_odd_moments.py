"""Odd moments and bad engines: rights that go while a training waits, disks that are full, stores that are down, clocks that are wrong."""

import errno
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db.models.functions import Now

from atelier.ledger.queries import astray, balance, unbalanced
from atelier.library.models import CustomModel
from atelier.licences.actions import revoke
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, seconds_left
from atelier.material import actions as material
from atelier.trainings import claimed, queue, running, seat, transfer, worker
from atelier.trainings.models import MAX_ATTEMPTS, Training
from atelier.trainings.states import TrainingState as S
from atelier.trainings.words import ending

from .real import Studio, seal_dataset
from .test_queue import state

ALL = 3600


@pytest.fixture
def real_engine() -> Iterator[None]:
    seat.kill_engine()
    yield
    seat.kill_engine()


def assert_nothing_was_charged(training: Training, licence: Licence) -> None:
    assert training.captured == balance("spent", "SEC", training.id) == balance("held", "SEC", training.id) == 0
    assert seconds_left(licence) == ALL
    assert not astray().exists() and not unbalanced().exists()


def must_not_run() -> str:
    return "sys.exit('it must not be asked')"


# What is taken back while it waits, or runs.


@pytest.mark.parametrize(("taken", "code"), [("revoked", "REVOKED"), ("expired", "EXPIRED")])
def test_a_licence_that_goes_while_it_waits_ends_it_before_the_engine_is_asked(
    real: Studio, engine_that: Callable[[str], None], taken: str, code: str
) -> None:
    engine_that(must_not_run())
    licence = real.licence()
    training = real.training(licence=licence)
    if taken == "revoked":
        revoke(licence=licence, reason="refunded")
    else:
        Licence.objects.filter(pk=licence.pk).update(granted_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(seconds=1))
    assert worker.work(training.id) == code
    assert (state(training), training.code, training.captured) == (S.REJECTED, code, 0)
    assert balance("held", "SEC", training.id) == 0


def test_a_licence_that_expires_while_it_runs_stops_it_and_what_was_stored_stays_charged(real: Studio) -> None:
    licence = real.licence()
    training = real.training(licence=licence)
    claim = queue.claim(training.id, "w")
    assert claim
    running.checkpoint(training.id, claim.fence, 2, 0.5, [])
    Licence.objects.filter(pk=licence.pk).update(granted_at=Now() - timedelta(days=2), expires_at=Now() - timedelta(seconds=1))
    assert running.beat(training.id, claim.fence).stop == "EXPIRED"
    running.obey(training.id, claim.fence)
    assert (state(training), training.captured) == (S.REJECTED, training.quote.seconds * 2 // 4)


def test_a_dataset_withdrawn_after_the_click_ends_it_before_the_engine_is_asked(real: Studio, engine_that: Callable[[str], None]) -> None:
    engine_that(must_not_run())
    licence, dataset = real.licence(), real.dataset
    real.dataset = seal_dataset(real.world)
    try:
        training = real.training(licence=licence)
        material.withdraw(dataset=real.dataset)
    finally:
        real.dataset = dataset
    worker.work(training.id)
    assert state(training) == S.WITHDRAWN
    assert_nothing_was_charged(training, licence)


# Engines that do not do what engines do.


def test_an_engine_that_prints_garbage_costs_an_attempt_and_no_money(real: Studio, engine_that: Callable[[str], None]) -> None:
    engine_that(r"sys.stdout.buffer.write(b'\x00\xff not an event\n'); sys.stdout.flush()")
    licence = real.licence()
    training = real.training(licence=licence)
    assert worker.work(training.id) == "queued"
    assert (state(training), training.attempts) == (S.QUEUED, 1)
    assert [claim.outcome for claim in training.claims.all()] == ["engine_died"]
    for _ in range(MAX_ATTEMPTS - 1):
        worker.work(training.id)
    assert (state(training), training.code) == (S.FAILED_SYSTEM, "engine_died")
    assert_nothing_was_charged(training, licence)


def test_an_engine_that_says_nothing_is_given_up(real: Studio, engine_that: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    engine_that("time.sleep(3600)")
    monkeypatch.setattr(claimed, "SILENCE_SECONDS", 0.6)
    monkeypatch.setattr(claimed, "POLL_SECONDS", 0.2)
    training = real.training()
    assert worker.work(training.id) == "queued"
    assert [claim.outcome for claim in training.claims.all()] == ["engine_died"]
    assert not seat.there()
    Training.objects.filter(pk=training.pk).update(state=S.CANCELLED)


def test_a_clip_that_kills_the_engine_each_time_ends_after_three_attempts(real: Studio, engine_that: Callable[[str], None]) -> None:
    engine_that("sys.exit(139)")
    licence = real.licence()
    training = real.training(licence=licence)
    for _ in range(MAX_ATTEMPTS):
        worker.work(training.id)
    assert worker.work(training.id) == "not claimable"
    assert (state(training), training.attempts) == (S.FAILED_SYSTEM, MAX_ATTEMPTS)
    assert_nothing_was_charged(training, licence)


def test_a_clip_that_kills_the_engine_twice_is_named_and_not_tried_a_third_time(real: Studio, engine_that: Callable[[str], None]) -> None:
    opening = {"event": "phase", "name": "encode", "clip": "clips/2.mp4"}
    engine_that(f"print(json.dumps({{**{opening!r}, 'job': job}}), flush=True); sys.exit(139)")
    licence = real.licence()
    training = real.training(licence=licence)
    assert worker.work(training.id) == S.QUEUED
    assert worker.work(training.id) == S.FAILED_USER
    assert (state(training), training.attempts, training.code) == (S.FAILED_USER, 2, "bad_data")
    assert ending(training).why == "clips/2.mp4 ended the training engine twice. Replace it, or take it out of the dataset."
    assert_nothing_was_charged(training, licence)


def test_an_engine_that_dies_after_its_last_clip_accuses_none(real: Studio, engine_that: Callable[[str], None]) -> None:
    told = [{"event": "phase", "name": "encode", "clip": clip} for clip in ("clips/2.mp4", None)]
    engine_that(f"[print(json.dumps({{**each, 'job': job}}), flush=True) for each in {told!r}]; sys.exit(139)")
    training = real.training()
    for _ in range(2):
        assert worker.work(training.id) == S.QUEUED
    assert [claim.clip for claim in training.claims.all()] == ["", ""]
    Training.objects.filter(pk=training.pk).update(state=S.CANCELLED)


def test_a_clip_that_the_engine_refuses_is_named_and_not_tried_again(real: Studio, engine_that: Callable[[str], None]) -> None:
    no = {"event": "error", "exit": claimed.BAD_DATA, "code": "bad_data", "detail": "clips/2.mp4 has no pictures in it."}
    engine_that(f"print(json.dumps({{**{no!r}, 'job': job}}), flush=True)")
    licence = real.licence()
    training = real.training(licence=licence)
    assert worker.work(training.id) == S.FAILED_USER
    assert (state(training), training.attempts) == (S.FAILED_USER, 1)
    assert "clips/2.mp4" in training.sentence
    assert worker.work(training.id) == "not claimable"
    assert_nothing_was_charged(training, licence)


# Disks and stores.


def test_a_disk_that_fills_up_sends_it_back(real: Studio, engine_that: Callable[[str], None], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> Path:
        raise OSError(errno.ENOSPC, "No space left on device")

    engine_that(must_not_run())
    monkeypatch.setattr(transfer, "fetch_base", full)
    training = real.training()
    assert worker.work(training.id) == "queued"
    assert [claim.outcome for claim in training.claims.all()] == ["disk_full"]
    Training.objects.filter(pk=training.pk).update(state=S.CANCELLED)


def test_a_worker_without_disk_takes_nothing(real: Studio, settings: Any) -> None:
    training = real.training()
    settings.READY_FREE_BYTES = 1 << 62
    assert worker.work_next() == ""
    assert (state(training), training.attempts) == (S.QUEUED, 0)
    Training.objects.filter(pk=training.pk).update(state=S.CANCELLED)


@pytest.mark.usefixtures("real_engine")
def test_a_store_that_is_down_when_it_finishes_is_waited_for_and_nothing_is_done_twice(
    real: Studio, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reachable, enter = settings.S3, running.enter

    def entered(training: Any, fence: int, to: str) -> None:
        enter(training, fence, to)
        if to == S.FINISHING:
            settings.S3 = {**reachable, "endpoint_url": "http://127.0.0.1:9"}

    training = real.training()
    monkeypatch.setattr(running, "enter", entered)
    assert worker.work(training.id) == "queued"
    monkeypatch.setattr(running, "enter", enter)
    settings.S3 = reachable
    assert not CustomModel.objects.filter(training=training.id).exists()
    assert worker.work(training.id) == "done"
    assert (state(training), training.captured) == (S.DONE, training.quote.seconds)
    assert [claim.outcome for claim in training.claims.all()] == ["store_unavailable", "done"]
    assert CustomModel.objects.filter(training=training.id).count() == 1


# Clocks.


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_worker_whose_clock_is_off_by_an_hour_works_as_any_other(real: Studio, monkeypatch: pytest.MonkeyPatch, hours: int) -> None:
    true = time.time
    monkeypatch.setattr(time, "time", lambda: true() + hours * 3600)
    training = real.training()
    claim = queue.claim(training.id, "w")
    assert claim
    assert queue.claim(training.id, "another") is None
    assert running.beat(training.id, claim.fence).stop == ""
    training.refresh_from_db()
    assert training.lease_until
    assert timedelta(seconds=0) < training.lease_until - database_now() < timedelta(minutes=1)
    assert 0 <= worker.look().idle < 3000
    Training.objects.filter(pk=training.pk).update(state=S.CANCELLED, lease_until=None)
