"""The long-lived engine: jobs in as JSON lines, events out, bases warm between jobs.

A thread reads standard input, so that `stop` is heard in mid-job and the death of the parent (end of input) ends the process at
once: a checkpoint is on disk, and nothing half-written carries a final name.
"""

import json
import os
import queue
import sys
import threading
import traceback
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Self, TextIO

import torch

from finetune import exits
from finetune.events import Event, event
from finetune.exits import Ended
from finetune.job import Job
from finetune.running import device
from finetune.running.arrange import arrange
from finetune.running.resident import Resident
from finetune.running.run import run_many
from finetune.running.work import Work

CRASHED = 1


@dataclass(frozen=True)
class Wanted:
    """One job of an order; `number` of the line that ordered it. `finish`: make its results from its checkpoint, without another step.
    `keep`: remove none of its checkpoints."""

    job: Path
    out: Path
    resume: bool
    finish: bool
    keep: bool
    number: int

    @classmethod
    def of(cls, order: dict[str, Any], number: int) -> Self:
        resume, finish, keep = (bool(order.get(name, False)) for name in ("resume", "finish", "keep"))
        return cls(Path(order["job"]), Path(order["out"]), resume, finish, keep, number)


@dataclass
class Server:
    """`stops` tells of each job the number of the last order to stop it: it counts for runs ordered before, not after. `finishes`: the
    same of orders to be content, with the checkpoint that they name. `leaving` is set by quit.
    """

    output: TextIO
    bases: Resident = field(default_factory=Resident)
    orders: queue.Queue[list[Wanted]] = field(default_factory=queue.Queue)
    stops: dict[str, int] = field(default_factory=dict)
    finishes: dict[str, tuple[int, str]] = field(default_factory=dict)
    leaving: threading.Event = field(default_factory=threading.Event)
    heard: int = 0
    speaking: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, told: Event) -> None:
        try:
            with self.speaking:
                self.output.write(told.line + "\n")
        except BrokenPipeError:
            os._exit(exits.STOPPED)

    def listen(self, lines: TextIO) -> None:
        for self.heard, line in enumerate(lines, 1):
            self._hear(line)
        if not self.leaving.is_set():
            os._exit(exits.STOPPED)

    def _hear(self, line: str) -> None:
        try:
            order = json.loads(line)
            match order["op"]:
                case "run":
                    self.orders.put([Wanted.of(order, self.heard)])
                case "run_many":
                    self.orders.put([Wanted.of(each, self.heard) for each in order["jobs"]])
                case "stop":
                    self.stops[str(order["job"])] = self.heard
                case "finish":
                    self.finishes[str(order["job"])] = self.heard, str(order.get("checkpoint", ""))
                case "quit":
                    self.leaving.set()
                    self.orders.put([])
                case other:
                    raise ValueError(f"no such op: {other}")
        except (ValueError, KeyError, TypeError) as error:
            self._refuse("", exits.BAD_JOB, "bad_order", f"Not an order: {line.strip()[:200]} ({error}).")

    def work(self) -> None:
        while not self.leaving.is_set():
            self.take(self.orders.get())

    def take(self, order: list[Wanted]) -> None:
        """One job's failure, even a bug's, is told and does not end the process."""
        works = []
        for wanted in order:
            name = _name(wanted.job)
            try:
                stopping, enough = partial(self._stops, name, wanted.number), partial(self._enough, name, wanted.number)
                job = Job.load(wanted.job)
                works.append(Work(job, wanted.out, self.tell, stopping, wanted.resume, wanted.finish, enough, keep=wanted.keep))
            except Exception as error:
                self._ended(name, error)
        for group in arrange(works):
            run_many(group, bases=self.bases, failed=lambda work, error: self._ended(work.job.id, error))

    def _ended(self, name: str, error: Exception) -> None:
        if isinstance(error, Ended):
            self._refuse(name, error.exit, error.code, str(error))
        else:
            traceback.print_exception(error)
            self._refuse(name, CRASHED, "crashed", f"The engine failed: {type(error).__name__}. Its log has the details.")

    def _stops(self, job: str, number: int) -> bool:
        return self.leaving.is_set() or self.stops.get(job, 0) > number

    def _enough(self, job: str, number: int) -> str | None:
        heard, checkpoint = self.finishes.get(job, (0, ""))
        return checkpoint if heard > number else None

    def _refuse(self, job: str, exit: int, code: str, detail: str) -> None:
        self.tell(event("error", job, exit=exit, code=code, detail=detail))


def _name(job: Path) -> str:
    """The id in a job file, be the rest as wrong as it may; the file's name when there is none."""
    try:
        return str(json.loads(job.read_text(encoding="utf-8"))["id"])[:80]
    except (OSError, ValueError, KeyError, TypeError):
        return job.stem


def serve(output: TextIO) -> int:
    server = Server(output)
    threading.Thread(target=server.listen, args=(sys.stdin,), daemon=True).start()
    server.tell(event("ready", "", pid=os.getpid(), torch=torch.__version__, device=device.kind(), memory=device.capacity()))
    server.work()
    return exits.DONE
