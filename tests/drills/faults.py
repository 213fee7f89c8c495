"""What goes wrong, one function each. Every fault returns at once or when the harm is done; `supervise` mends what an init system would."""

import os
import random
import signal
import time
from collections.abc import Callable

import psutil
import redis

from .ground import LEASE, Ground

Fault = Callable[[Ground, str], bool]
"""Does the harm to whoever works on a training in `state`, or to anybody where the fault has no victim. False when there was none."""

WORKING = """
    SELECT a.worker, t.id FROM trainings_training t JOIN trainings_attempt a ON a.training_id = t.id AND a.ended_at IS NULL
     WHERE t.state = %s
"""


def _victim(ground: Ground, state: str) -> int | None:
    """The process of a worker that has a training in `state`."""
    ours = {worker.pid for worker in ground.workers.values() if worker.poll() is None}
    pids = [int(worker.rpartition(":")[2]) for worker, _ in ground.rows(WORKING, state)]
    return next((pid for pid in pids if pid in ours), None)


def _engine(worker: int) -> psutil.Process | None:
    try:
        children = psutil.Process(worker).children(recursive=True)
        return next((child for child in children if "finetune" in child.cmdline()), None)
    except psutil.NoSuchProcess:
        return None


def _signalled(ground: Ground, state: str, number: signal.Signals) -> bool:
    pid = _victim(ground, state)
    return pid is not None and _struck(pid, number)


def _struck(pid: int, number: signal.Signals) -> bool:
    """False for one that has just ended by itself."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return False
    return True


def kill_worker(ground: Ground, state: str) -> bool:
    return _signalled(ground, state, signal.SIGKILL)


def drain_worker(ground: Ground, state: str) -> bool:
    return _signalled(ground, state, signal.SIGTERM)


def kill_engine(ground: Ground, state: str) -> bool:
    pid = _victim(ground, state)
    engine = _engine(pid) if pid else None
    return engine is not None and _struck(engine.pid, signal.SIGKILL)


def freeze_worker(ground: Ground, state: str) -> bool:
    """Longer than its lease: when it wakes up, its training is somebody else's."""
    pid = _victim(ground, state)
    if pid is None or not _struck(pid, signal.SIGSTOP):
        return False
    time.sleep(LEASE + 2)
    return _struck(pid, signal.SIGCONT)


def freeze_engine(ground: Ground, state: str) -> bool:
    pid = _victim(ground, state)
    engine = _engine(pid) if pid else None
    if engine is None or not _struck(engine.pid, signal.SIGSTOP):
        return False
    time.sleep(LEASE)
    return _struck(engine.pid, signal.SIGCONT)


def drop_sessions(ground: Ground, state: str) -> bool:
    ground.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
    return True


def double_hints(ground: Ground, state: str) -> bool:
    """Every open training is hinted at five times more."""
    from celery import Celery

    open_ones = ground.rows("SELECT id FROM trainings_training WHERE state IN ('queued', 'preflight', 'running', 'finishing') LIMIT 20")
    with Celery(broker=ground.stack.env["VALKEY_URL"]) as app:
        for (pk,) in random.choices(open_ones, k=5 * len(open_ones)):
            app.send_task("trainings.run", (str(pk),), queue="train")
    return True


def flush_broker(ground: Ground, state: str) -> bool:
    redis.Redis.from_url(ground.stack.env["VALKEY_URL"]).flushall()
    return True


def kill_broker(ground: Ground, state: str) -> bool:
    ground.stack.restart("valkey", kill=True)
    return True


def kill_store(ground: Ground, state: str) -> bool:
    ground.stack.restart("s3", kill=True)
    return True


def kill_io(ground: Ground, state: str) -> bool:
    ground.stack.restart("worker-io", kill=True)
    return True


AIMED: tuple[Fault, ...] = (kill_worker, kill_engine, freeze_worker, drain_worker, freeze_engine)
AT_ALL: tuple[Fault, ...] = (drop_sessions, double_hints, flush_broker, kill_broker, kill_store, kill_io)
STATES = ("preflight", "running", "finishing")
EVERY: tuple[tuple[Fault, str], ...] = (*((fault, state) for fault in AIMED for state in STATES), *((fault, "any") for fault in AT_ALL))
