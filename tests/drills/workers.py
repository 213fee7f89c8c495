"""A worker that dies, and a broker that is away: how soon the work goes on."""

import time
from collections.abc import Callable
from typing import TypeVar

from .faults import flush_broker, kill_worker
from .ground import LEASE, Ground, Stuck
from .told import Outcome

STEPS, INTERVAL = 300, 50
TIMES = 5
PICKED_UP_WITHIN, CONSUMES_WITHIN = LEASE + 2, 5.0
PATIENCE = 120.0
LOOK = 0.05
T = TypeVar("T")
LATEST = "SELECT extract(epoch FROM max(created_at)), count(*) FROM trainings_attempt"
CHECKPOINTED = """
    SELECT t.step, max(c.step) FROM trainings_training t JOIN trainings_checkpoint c ON c.training_id = t.id
     WHERE t.state = 'running' GROUP BY 1
"""


def death(ground: Ground, *, quick: bool) -> Outcome:
    """Kills the worker of a training behind its first checkpoint; another one takes over."""
    waits, lost = [], []
    for _ in range(1 if quick else TIMES):
        training = ground.start(STEPS)
        reached, kept = _until(lambda: next(iter(ground.rows(CHECKPOINTED)), None))
        before = ground.rows(LATEST)[0][1]
        at = time.time()
        if not kill_worker(ground, "running"):
            return Outcome("the training was over too soon", ["nobody was killed"])
        waits.append(_until(lambda before=before: _claimed(ground, before)) - at)
        lost.append(reached - kept)
        ground.bob.post(f"/trainings/{training}/cancel")
        ground.supervise()
        _until(lambda: ground.states().keys() <= {"cancelled", "done"} or None)
    problems = [f"picked up after {wait:.1f} s" for wait in waits if wait > PICKED_UP_WITHIN]
    problems += [f"{steps} steps were lost" for steps in lost if steps > INTERVAL]
    return Outcome(f"{len(waits)} times: picked up after {max(waits):.1f} s at most, {max(lost)} steps lost at most", problems)


def broker(ground: Ground, *, quick: bool) -> Outcome:
    """Trainings that are started while the broker is away, and hints that are flushed: all are worked on once it is back."""
    waits = []
    for _ in range(1 if quick else TIMES):
        before = ground.rows(LATEST)[0][1]
        ground.stack.kill_service("valkey")
        ground.start(3)
        ground.stack.start_service("valkey")
        flush_broker(ground, "any")
        back = time.time()
        # Below zero: a worker that looked into the database by itself did not need the broker.
        waits.append(max(0.0, _until(lambda before=before: _claimed(ground, before), ground.supervise) - back))
        _until(lambda: ground.states().keys() <= {"done"} or None, ground.supervise)
    problems = [f"consumption went on after {wait:.1f} s" for wait in waits if wait > CONSUMES_WITHIN]
    return Outcome(f"{len(waits)} times: consumption goes on after {max(waits):.1f} s at most", problems)


def _claimed(ground: Ground, before: int) -> float | None:
    at, count = ground.rows(LATEST)[0]
    return float(at) if count > before else None


def _until(ask: Callable[[], T | None], meanwhile: Callable[[], None] = lambda: None) -> T:
    until = time.monotonic() + PATIENCE
    while (answer := ask()) is None:
        meanwhile()
        if time.monotonic() > until:
            raise Stuck(f"what was waited for does not come within {PATIENCE:.0f} s")
        time.sleep(LOOK)
    return answer
