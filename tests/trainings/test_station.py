"""A train worker's station: work goes on with hints and without, and a worker that is stuck is started anew."""

import logging
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from atelier.kit import health
from atelier.licences.queries import database_now
from atelier.trainings import metrics, slots, station, tasks, worker
from atelier.trainings.models import Training
from atelier.trainings.slots import Slot
from atelier.trainings.states import TrainingState

from .real import Studio


def until(what: Callable[[], Any], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


@pytest.fixture
def taken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the station does, instead of work: it takes the words from `left` one by one."""
    said: list[str] = []
    left = ["first", "second"]
    monkeypatch.setattr(worker, "work_next", lambda: said.append(left.pop(0)) or said[-1] if left else "")
    monkeypatch.setattr(station, "LOOK_SECONDS", 0.05)
    return said


@pytest.fixture
def at_post() -> Iterator[station.Station]:
    post = station.Station()
    yield post
    post.end()


def test_without_any_hint_it_takes_all_there_is(taken: list[str], at_post: station.Station) -> None:
    at_post.begin()
    until(lambda: taken == ["first", "second"])


def test_a_hint_wakes_it(monkeypatch: pytest.MonkeyPatch, at_post: station.Station) -> None:
    looked: list[float] = []
    monkeypatch.setattr(station, "LOOK_SECONDS", 3600)
    monkeypatch.setattr(worker, "work_next", lambda: looked.append(time.monotonic()) or "")
    monkeypatch.setattr(tasks, "_stations", [at_post])
    at_post.begin()
    until(lambda: len(looked) == 1)
    tasks.run("whichever")
    until(lambda: len(looked) == 2)


def test_whatever_goes_wrong_it_looks_again(
    monkeypatch: pytest.MonkeyPatch, at_post: station.Station, caplog: pytest.LogCaptureFixture
) -> None:
    looked: list[int] = []

    def fail() -> str:
        looked.append(len(looked))
        raise RuntimeError("out of luck")

    monkeypatch.setattr(station, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(worker, "work_next", fail)
    at_post.begin()
    until(lambda: len(looked) >= 3)
    assert "out of luck" in caplog.text


@pytest.fixture
def waiting(real: Studio) -> Iterator[Training]:
    """One that has waited for an hour."""
    row = real.training()
    Training.objects.filter(pk=row.pk).update(since=database_now() - timedelta(hours=1))
    yield row
    Training.objects.filter(pk=row.pk).update(state=TrainingState.CANCELLED)


@pytest.fixture
def idle() -> Iterator[Slot]:
    """A worker that has had nothing for ten minutes, and says so."""
    slot = Slot(worker=f"idle-{time.monotonic_ns()}:1", since=1, said=time.time(), idle=600, families=("wan",))
    slots.say(slot)
    yield slot
    slots.leave(slot.worker)


def test_a_worker_without_work_is_stuck_only_while_work_waits_for_it(waiting: Training, idle: Slot) -> None:
    waited = station.stuck(idle)
    assert waited is not None and waited.total_seconds() == 600
    for well in (
        replace(idle, idle=5.0),
        replace(idle, idle=0.0, training="trn_1"),
        replace(idle, draining=True),
        replace(idle, families=("z_image",)),
        replace(idle, room=1),
    ):
        assert station.stuck(well) is None


def test_the_watch_ends_a_stuck_worker_and_says_why(
    waiting: Training, idle: Slot, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    left: list[int] = []
    watch = station.Watch(left.append)
    monkeypatch.setattr(worker, "look", lambda: replace(idle, idle=5.0))
    watch.look()
    assert left == []
    monkeypatch.setattr(worker, "look", lambda: idle)
    with caplog.at_level(logging.CRITICAL):
        watch.look()
    assert left == [station.STUCK]
    assert idle.worker in caplog.text


def test_ready_and_metrics_tell_of_it_and_pages_are_served_on(waiting: Training, idle: Slot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health, "_last", (0.0, None))
    answer = Client().get("/ready")
    assert answer.json()["notes"] == {"workers": {"ok": False, "problem": "WorkersStuck"}}
    assert answer.json()["ready"] is (answer.status_code == 200)
    assert b"atelier_workers_stuck 1.0" in metrics.text()
