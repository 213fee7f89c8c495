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
from pathlib import Path
from typing import Any, TextIO

import torch

from finetune import exits
from finetune.events import Event, event
from finetune.exits import Ended
from finetune.job import Job
from finetune.resident import Resident
from finetune.run import run

CRASHED = 1


@dataclass
class Server:
    """`stopping` holds the ids of jobs that shall stop; `leaving` is set by quit."""

    output: TextIO
    bases: Resident = field(default_factory=Resident)
    orders: queue.Queue[dict[str, Any]] = field(default_factory=queue.Queue)
    stopping: set[str] = field(default_factory=set)
    leaving: threading.Event = field(default_factory=threading.Event)

    def tell(self, told: Event) -> None:
        try:
            self.output.write(told.line + "\n")
        except BrokenPipeError:
            os._exit(exits.STOPPED)

    def listen(self, lines: TextIO) -> None:
        for line in lines:
            self._hear(line)
        os._exit(exits.STOPPED)

    def _hear(self, line: str) -> None:
        try:
            order = json.loads(line)
            match order["op"]:
                case "run":
                    self.orders.put({"job": Path(order["job"]), "out": Path(order["out"]), "resume": bool(order.get("resume", False))})
                case "stop":
                    self.stopping.add(str(order["job"]))
                case "quit":
                    self.leaving.set()
                    self.orders.put({})
                case other:
                    raise ValueError(f"no such op: {other}")
        except (ValueError, KeyError, TypeError) as error:
            self._refuse("", exits.BAD_JOB, "bad_order", f"Not an order: {line.strip()[:200]} ({error}).")

    def work(self) -> None:
        while not self.leaving.is_set():
            if order := self.orders.get():
                self.take(**order)

    def take(self, job: Path, out: Path, resume: bool) -> None:
        """One job's failure, even a bug's, is told and does not end the process. A job whose file cannot be read is told by
        the file's name."""
        name = job.stem
        try:
            found = Job.load(job)
            name = found.id
            self.stopping.discard(name)
            run(
                found, out, bases=self.bases, tell=self.tell, resume=resume, stopping=lambda: name in self.stopping or self.leaving.is_set()
            )
        except Ended as ended:
            self._refuse(name, ended.exit, ended.code, str(ended))
        except Exception as error:
            traceback.print_exc()
            self._refuse(name, CRASHED, "crashed", f"The engine failed: {type(error).__name__}. Its log has the details.")

    def _refuse(self, job: str, exit: int, code: str, detail: str) -> None:
        self.tell(event("error", job, exit=exit, code=code, detail=detail))


def serve(output: TextIO) -> int:
    server = Server(output)
    threading.Thread(target=server.listen, args=(sys.stdin,), daemon=True).start()
    server.tell(event("ready", "", pid=os.getpid(), torch=torch.__version__, device="cuda" if torch.cuda.is_available() else "cpu"))
    server.work()
    return exits.DONE
