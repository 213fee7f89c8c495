"""The engine process: a child of its worker that speaks JSON lines. The only place that talks to it.

A child, because a crash, an out-of-memory kill or a wedged driver must not take the worker along; long-lived, because the
frozen base stays warm between jobs.
"""

import json
import os
import queue
import subprocess
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from django.conf import settings

START_SECONDS = 180.0
# Unless the operator says otherwise: two threads on two contended cores are many times slower than one.
THREADS = {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
LONGEST_LINE = 1 << 20


class EngineDied(Exception):
    """The process ended, fell silent or said something that is no event. It is dead by the time this is raised."""


class Engine:
    """One engine process and its events."""

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
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._listener = threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True, name="engine-events")
        self._listener.start()
        said = self.next_event(START_SECONDS)
        if said["event"] != "ready":
            self.kill()
            raise EngineDied("the engine did not say that it is ready")
        self.device = str(said.get("device", ""))
        # Bytes that a training may take there; 0 when the engine does not say.
        self.room = int(said.get("memory") or 0)

    def _listen(self, stdout: IO[bytes]) -> None:
        while line := stdout.readline(LONGEST_LINE):
            self._events.put(_event(line))
        self._events.put(None)

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def next_event(self, timeout: float) -> dict[str, Any]:
        """The next event. Raises queue.Empty when nothing came within `timeout` seconds, EngineDied when nothing will."""
        event = self._events.get(timeout=timeout)
        if event is None or event["event"] == "garbage":
            self.kill()
            raise EngineDied(event["line"] if event else f"the engine ended with exit code {self.process.returncode}")
        return event

    def run(self, job: Path, out: Path, finish: bool = False) -> None:
        """With `finish`, the result is made from the checkpoint that lies there, without another step."""
        self._say({"op": "run", "job": str(job), "out": str(out), "resume": True, "finish": finish})

    def stop(self, job_id: str) -> None:
        """Asks for a stop at the next step, after a checkpoint."""
        self._say({"op": "stop", "job": job_id})

    def _say(self, words: dict[str, Any]) -> None:
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(words).encode() + b"\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
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
