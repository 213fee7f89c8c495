"""A few small trainings that wait for one worker: in one pass of its engine, beside one after the other."""

import json
import socket
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import redis

from atelier.devstack.applications import train_worker
from frontend.bench.arms import Figure
from tests.drills.ground import Ground, Stuck

SMALL, STEPS = 4, 150
TIMES = 3
PATIENCE = 600.0
TAKEN = """
    SELECT extract(epoch FROM max(t.since) - min(a.created_at)) FROM trainings_training t JOIN trainings_attempt a ON a.training_id = t.id
     WHERE t.id = ANY(%s::uuid[]) AND t.state = 'done'
"""


def measure(var: Path, *, quick: bool) -> Iterator[Figure]:
    with Ground(var, workers=1) as ground:
        taken: dict[int, list[float]] = {1: [], SMALL: []}
        for _ in range(1 if quick else TIMES):
            for width, seconds in taken.items():  # by turns, because a machine is not always equally busy
                seconds.append(_seconds(ground, width))
    alone, together = (statistics.median(seconds) for seconds in taken.values())
    told = f"{SMALL} trainings of {STEPS} steps in one pass of a worker, beside one after the other"
    yield Figure(told, alone, "s", together, len(taken[1]))


def _seconds(ground: Ground, width: int) -> float:
    """From the first claim to the last model, of a worker whose engine and base are warm, and who finds them all waiting."""
    _worker(ground, width)
    _over(ground, [ground.start(3)])
    desk = Desk(ground)
    desk.drain()
    rows = [ground.start(STEPS) for _ in range(SMALL)]
    desk.let_go()
    _over(ground, rows)
    return float(ground.rows(TAKEN, [_key(row) for row in rows])[0][0])


def _worker(ground: Ground, width: int) -> None:
    """The one worker anew, with passes as broad as this."""
    ground.leave()
    command = ("env", f"TRAININGS_PER_PASS={width}", *train_worker("train-1"))
    ground.workers["train-1"] = ground.stack.spawn("train-1", command, own_log=True)


class Desk:
    """What an operator does with the worker."""

    def __init__(self, ground: Ground) -> None:
        self.broker: Any = redis.Redis.from_url(ground.stack.env["VALKEY_URL"])
        (worker,) = ground.workers.values()
        self.name = f"{socket.gethostname()}:{worker.pid}"

    def drain(self) -> None:
        self.broker.set(f"workers:drain:{self.name}", 1)
        _until(lambda: bool(self._said().get("draining")))

    def let_go(self) -> None:
        self.broker.delete(f"workers:drain:{self.name}")

    def _said(self) -> dict[str, Any]:
        return dict(json.loads(self.broker.get(f"workers:slot:{self.name}") or "{}"))


def _over(ground: Ground, rows: list[str]) -> None:
    _until(lambda: all(ground.bob.get(f"/trainings/{row}")["state"] == "done" for row in rows))


def _key(training: str) -> str:
    """Of its row."""
    return training.partition("_")[2]


def _until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            raise Stuck("what the bench waits for does not come")
        time.sleep(0.1)
