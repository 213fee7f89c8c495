"""What a train worker does: takes a training, sees it through, and says what it is at."""

import logging
import shutil
import time
from typing import Any
from uuid import UUID

from django.conf import settings

from atelier.kit import health, logs

from . import running, seat, slots
from .claimed import Run
from .models import Training
from .pulse import Pulse
from .queue import Claim, claim, claim_next

log = logging.getLogger(__name__)
_began = time.time()
_idle_since: float | None = time.monotonic()
_at_work: list[Run] = []


def work(training: UUID) -> str:
    """Claims this training and sees it through. Returns how it went, for the log."""
    if seat.leaving():
        return "draining"
    got = claim(training, slots.name())
    return _see_through(got) if got else "not claimable"


def work_next() -> str:
    """Takes the first in the line that fits, and sees it through. Returns how it went; nothing when there is none, or it is to leave.

    The engine is there before anything is claimed: one that does not start costs no training an attempt.
    """
    if seat.leaving() or not _disk():
        return ""
    seat.engine()
    got = claim_next(look())
    return _see_through(got) if got else ""


def _disk() -> bool:
    """Whether there is enough of it: a worker without takes nothing, rather than failing what others could do."""
    try:
        health.disk()
    except health.NoSpace:
        log.error("less than %d bytes of disk are free: nothing is taken", settings.READY_FREE_BYTES)
        return False
    return True


def _see_through(got: Claim) -> str:
    global _idle_since
    _idle_since = None
    folder = settings.ENGINE_DIR / "runs" / f"{got.training}-{got.fence}"
    try:
        with logs.about(training=Training(pk=got.training).public_id), Pulse(got.training, got.fence) as pulse:
            _at_work[:] = [Run(got, folder, pulse)]
            said = _at_work[0].go()
            log.info("%s", said)
            return said
    except running.LeaseLost:
        seat.kill_engine()
        return "lease lost"
    except Exception:
        # The engine may still be at this run; its events must not be taken for those of the next claim.
        seat.kill_engine()
        raise
    finally:
        _at_work.clear()
        _idle_since = time.monotonic()
        shutil.rmtree(folder, ignore_errors=True)


def look() -> slots.Slot:
    """What this worker is at."""
    run, process = next(iter(_at_work), None), seat.there()
    doing: dict[str, Any] = {"training": run.training.public_id, "step": run.step, "speed": round(run.speed.value, 2)} if run else {}
    if process is not None and process.alive:
        pid = process.process.pid
        doing |= {"engine": pid, "device": process.device, "memory": slots.resident(pid)}
    room = settings.TRAINING_MEMORY_BYTES or (process.room if process else 0)
    idle = time.monotonic() - _idle_since if _idle_since else 0.0
    able: dict[str, Any] = {"families": tuple(settings.TRAINING_FAMILIES), "room": room, "idle": idle}
    return slots.Slot(worker=slots.name(), since=_began, said=time.time(), draining=seat.leaving(), **able, **doing)
