"""A train worker at its station: takes the next training that fits as soon as it is free, one after the other.

A hint wakes it; without any it looks by itself, so that neither a broker that is away nor a lost message keeps it from work. A watch beside
it ends the process when work has waited for an idle worker for too long: whoever supervises it starts another.
"""

import logging
import os
import random
import threading
from collections.abc import Callable
from datetime import timedelta

from django.db import DatabaseError, close_old_connections, connection

from atelier.licences.queries import database_now

from . import line, seat, slots, worker
from .slots import Slot

log = logging.getLogger(__name__)
LOOK_SECONDS = 2.0
WATCH_SECONDS = 10.0
# Work that waits this long for a worker that has none: something is wrong with the worker.
STUCK_SECONDS = 60.0
STUCK = 70


class Station:
    """Starts with `begin`; `end` waits for the training at hand, which the worker's drain cuts short."""

    def __init__(self) -> None:
        self.hints = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="station")

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self.hints.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.is_set():
            self.hints.clear()
            self._work()
            self.hints.wait(LOOK_SECONDS * random.uniform(0.75, 1.25))

    def _work(self) -> None:
        """Until nothing is left, or the worker is to leave. Whatever goes wrong, it looks again."""
        try:
            while not self._over.is_set() and worker.work_next():
                continue
        except Exception:
            log.exception("a training was left to others")
        finally:
            connection.close()


def stuck(slot: Slot) -> timedelta | None:
    """How long work has waited for this worker, while it has none for STUCK_SECONDS; None when all is well."""
    if not slot.idle or slot.draining:
        return None
    since, now = line.oldest_for(slot), database_now()
    waited = min(now - since, timedelta(seconds=slot.idle)) if since else timedelta(0)
    return waited if waited > timedelta(seconds=STUCK_SECONDS) else None


class WorkersStuck(Exception):
    """Work waits for workers that have none: /ready tells, and they are started anew."""


def workers() -> None:
    if any(stuck(slot) for slot in slots.seen()):
        raise WorkersStuck


class Watch:
    """Looks at the worker from a thread of its own."""

    def __init__(self, leave: Callable[[int], None] = os._exit) -> None:
        self._leave = leave
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="watch")

    def begin(self) -> None:
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(WATCH_SECONDS):
            try:
                self.look()
            except DatabaseError:
                log.warning("the database does not answer; what waits is not known", exc_info=True)
            finally:
                close_old_connections()

    def look(self) -> None:
        slot = worker.look()
        if waited := stuck(slot):
            log.critical(
                "%s has had no training while one waited for it for %d s: it ends, to be started anew", slot.worker, waited.seconds
            )
            seat.kill_engine()
            self._leave(STUCK)
