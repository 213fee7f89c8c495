"""The engine process: a child of its worker that speaks JSON lines. The only place that talks to it.

A child, because a crash, an out-of-memory kill or a wedged driver must not take the worker along; long-lived, because the
frozen base stays warm between jobs.
"""

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from django.conf import settings

START_SECONDS = 180.0
# Unless the operator says otherwise: two threads on two contended cores are many times slower than one.
THREADS = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
LONGEST_LINE = 1 << 20


class EngineDied(Exception):
    """The process ended, fell silent or said something that is no event. It is dead by the time this is raised."""


@dataclass(frozen=True)
class Order:
    """A job to run from the checkpoint in `out`, if there is one. With `finish`, its result is made from that, without another step.
    Its checkpoints are removed by us, once they are stored."""

    id: str
    job: str
    out: str
    finish: bool = False
    resume: bool = True
    keep: bool = True


class Engine:
    """One engine process and its events, which are heard job by job. `at_work`: the jobs whose end it has not told yet."""

    def __init__(self, log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as stderr:
            self.process = subprocess.Popen(
                [settings.ENGINE_PYTHON, "-m", "finetune", "serve"],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                env={**THREADS, **os.environ, "PYTHONPATH": str(settings.ROOT), "FINETUNE_CACHE": str(settings.ENGINE_DIR / "cache")},
                cwd=settings.ENGINE_DIR,
                start_new_session=True,
            )
        self.at_work: set[str] = set()
        self._last: dict[str, Any] = {}
        self._said_at = time.monotonic()
        self._ears: dict[str, queue.Queue[dict[str, Any] | None]] = {"": queue.Queue()}
        self._over, self._speaking = threading.Event(), threading.Lock()
        self._listener = threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True, name="engine-events")
        self._listener.start()
        said = self.next_event("", START_SECONDS)
        if said["event"] != "ready":
            self.kill()
            raise EngineDied("the engine did not say that it is ready")
        self.device = str(said.get("device", ""))
        # Bytes that a training may take there; 0 when the engine does not say.
        self.room = int(said.get("memory") or 0)

    def _listen(self, stdout: IO[bytes]) -> None:
        while line := stdout.readline(LONGEST_LINE):
            self._hear(_event(line))
        self._over.set()
        for ear in list(self._ears.values()):
            ear.put(None)

    def _hear(self, event: dict[str, Any]) -> None:
        """To whoever listens for its job; what is no event, to all."""
        self._last, self._said_at = event, time.monotonic()
        job = str(event.get("job", ""))
        found = self._ears.get(job)
        for ear in list(self._ears.values()) if event["event"] == "garbage" else [found] if found else []:
            ear.put(event)
        if event["event"] in ("done", "error"):
            self.at_work.discard(job)  # last, so that what is not at work any more has said all

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    @property
    def silent(self) -> float:
        """Seconds since it last said anything, of whichever job."""
        return time.monotonic() - self._said_at

    def decoding(self, job: str) -> str:
        """The clip of this job that it was about to decode when it said its last word; nothing when that was something else."""
        return str(self._last.get("clip") or "") if self._last.get("job") == job else ""

    def next_event(self, job: str, timeout: float) -> dict[str, Any]:
        """The next event of the job. Raises queue.Empty when nothing came within `timeout` seconds, EngineDied when nothing will."""
        event = self._ears[job].get(timeout=timeout)
        if event is None or event["event"] == "garbage":
            self.kill()
            raise EngineDied(event["line"] if event else f"the engine ended with exit code {self.process.returncode}")
        return event

    def run(self, orders: Sequence[Order]) -> None:
        """In one pass, as far as the engine's own rule allows. Should it be dead, whoever listens hears so."""
        self._said_at = time.monotonic()
        for order in orders:
            self._ears[order.id] = queue.Queue()
            self.at_work.add(order.id)
        with suppress(EngineDied):
            self._say({"op": "run_many", "jobs": [asdict(order) for order in orders]})
        if self._over.is_set():
            for order in orders:
                self._ears[order.id].put(None)

    def stop(self, job: str) -> None:
        """Asks for a stop of this job at its next step, after a checkpoint. Others that share its pass go on."""
        with suppress(EngineDied):
            self._say({"op": "stop", "job": job})

    def let_go(self, job: str) -> None:
        """Nobody listens for it any more. Should the engine have it still, it leaves it at its next step, and goes on with the others."""
        if job in self.at_work:
            self.stop(job)
        self._ears.pop(job, None)

    def finish(self, job: str, checkpoint: str) -> None:
        """Asks for the result of this checkpoint in the job's folder; none named: of what it has learned by its next step."""
        with suppress(EngineDied):
            self._say({"op": "finish", "job": job, "checkpoint": checkpoint})

    def _say(self, words: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            with self._speaking:
                self.process.stdin.write(json.dumps(words).encode() + b"\n")
                self.process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:  # ValueError: somebody else has closed it meanwhile
            self.kill()
            raise EngineDied("the engine does not listen any more") from error

    def kill(self) -> None:
        if self.alive:
            self.process.kill()
        self.process.wait()
        self._listener.join()
        for pipe in (self.process.stdin, self.process.stdout):
            with suppress(BrokenPipeError):
                pipe.close()  # type: ignore[union-attr]


def _event(line: bytes) -> dict[str, Any]:
    """An event, or what was said instead of one."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("event"), str):
        return found
    return {"event": "garbage", "line": f"the engine said something that is no event: {line[:200]!r}"}
