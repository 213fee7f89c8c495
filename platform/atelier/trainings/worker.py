"""What a train worker does: takes a training and those that may share its pass, sees them through, and says what it is at."""

import logging
import shutil
import threading
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from atelier.kit import health, logs

from . import companions, running, seat, slots
from .claimed import Run
from .door import Door
from .models import Training
from .pulse import Pulse
from .queue import Claim, claim, claim_next

log = logging.getLogger(__name__)
_began = time.time()
_idle_since: float | None = time.monotonic()
_at_work: list[Run] = []


def work(training: UUID) -> str:
    """Claims this training and sees it through by itself. Returns how it went, for the log."""
    if seat.leaving():
        return "draining"
    got = claim(training, slots.name())
    return _see_through([got]) if got else "not claimable"


def work_next() -> str:
    """Takes the first in the line that fits, with its companions, and sees them through. Returns how the first went; nothing when there
    is none, or it is to leave.

    The engine is there before anything is claimed: one that does not start costs no training an attempt.
    """
    if seat.leaving() or not _disk():
        return ""
    seat.engine()
    slot = look()
    got = claim_next(slot)
    return _see_through(_in_company(got, slot)) if got else ""


def _in_company(first: Claim, slot: slots.Slot) -> list[Claim]:
    """With its companions, as far as they could be claimed: what is claimed is seen through, whatever befalls the others."""
    claims = [first]
    try:
        for got in companions.of(first, slot):
            claims.append(got)
    except DatabaseError:
        log.warning("the database does not answer; nobody else comes along", exc_info=True)
    return claims


def _disk() -> bool:
    """Whether there is enough of it: a worker without takes nothing, rather than failing what others could do."""
    try:
        health.disk()
    except health.NoSpace:
        log.error("less than %d bytes of disk are free: nothing is taken", settings.READY_FREE_BYTES)
        return False
    return True


def _see_through(claims: list[Claim]) -> str:
    """Each in a thread of its own, the first in this one: no upload holds up another's events."""
    global _idle_since
    _idle_since = None
    door = Door(*(got.training for got in claims))
    threads = [threading.Thread(target=_see_along, args=(got, door), name="companion") for got in claims[1:]]
    try:
        for thread in threads:
            thread.start()
        return _see_one(claims[0], door)
    finally:
        for thread in threads:
            thread.join()
        _part()
        for got in claims:
            shutil.rmtree(_folder(got), ignore_errors=True)
        _idle_since = time.monotonic()


def _see_along(got: Claim, door: Door) -> None:
    try:
        _see_one(got, door)
    except Exception:
        log.exception("training %s was left to others", got.training)
    finally:
        connection.close()


def _see_one(got: Claim, door: Door) -> str:
    run: Run | None = None
    try:
        with logs.about(training=Training(pk=got.training).public_id), Pulse(got.training, got.fence) as pulse:
            run = Run(got, _folder(got), pulse, door)
            _at_work.append(run)
            said = run.go()
            log.info("%s", said)
            return said
    except running.LeaseLost:
        return "lease lost"
    finally:
        door.pass_by(got.training)
        if run:
            _at_work.remove(run)
            if run.engine:
                run.engine.let_go(run.name)


def _part() -> None:
    """An engine that is still at something is at what was left: its events must not be taken for those of the next claim."""
    process = seat.there()
    if process is not None and process.at_work:
        seat.kill_engine()


def _folder(got: Claim) -> Path:
    return settings.ENGINE_DIR / "runs" / f"{got.training}-{got.fence}"


def look() -> slots.Slot:
    """What this worker is at."""
    runs, process = list(_at_work), seat.there()
    doing: dict[str, Any] = {}
    if runs:
        names = [run.name for run in runs]
        speed = round(sum(run.speed.value for run in runs), 2)
        doing = {"training": names[0], "beside": tuple(names[1:]), "step": runs[0].step, "speed": speed}
    if process is not None and process.alive:
        pid = process.process.pid
        doing |= {"engine": pid, "device": process.device, "memory": slots.resident(pid)}
    room = settings.TRAINING_MEMORY_BYTES or (process.room if process else 0)
    idle = time.monotonic() - _idle_since if _idle_since else 0.0
    able: dict[str, Any] = {"families": tuple(settings.TRAINING_FAMILIES), "room": room, "idle": idle}
    return slots.Slot(worker=slots.name(), since=_began, said=time.time(), draining=seat.leaving(), **able, **doing)
