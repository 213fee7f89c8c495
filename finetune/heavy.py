"""The commands that train and measure."""

import argparse
import json
import signal
import sys
from types import FrameType

from finetune import exits
from finetune.bench import arms
from finetune.bench.calibrate import measure
from finetune.disk import files
from finetune.events import Event, Listener, event
from finetune.exits import Ended
from finetune.job import Job
from finetune.running import allocator
from finetune.running import run as engine
from finetune.running import serve as server
from finetune.running.arrange import arrange
from finetune.running.resident import Resident
from finetune.running.work import Work
from finetune.shell import outlet, terminal


def run(options: argparse.Namespace) -> int:
    """Ctrl-C and SIGTERM stop behind a checkpoint."""
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    tell, bases = _listener(), Resident()
    allocator.keep_large_blocks()
    codes: list[int] = []

    def failed(work: Work, error: Exception) -> None:
        if not isinstance(error, Ended):
            raise error
        codes.append(refuse(work.job.id, error))

    def refuse(name: str, ended: Ended) -> int:
        tell(event("error", name, exit=ended.exit, code=ended.code, detail=str(ended)))
        return ended.exit

    works = []
    for path in options.jobs:
        try:
            job = Job.load(path)
            out = options.out / job.id if len(options.jobs) > 1 else options.out
            works.append(Work(job, out, tell, lambda: bool(stopping), options.resume))
        except Ended as ended:
            codes.append(refuse(path.stem, ended))
    for group in arrange(works):
        engine.run_many(group, bases=bases, failed=failed)
    return next(iter(codes), exits.DONE)


def _listener() -> Listener:
    if sys.stdout.isatty():
        return terminal.show
    output = outlet.claim()

    def tell(told: Event) -> None:
        output.write(told.line + "\n")

    return tell


def serve(_options: argparse.Namespace) -> int:
    output = outlet.claim()
    allocator.keep_large_blocks()
    return server.serve(output)


def bench(options: argparse.Namespace) -> int:
    found = arms.measure(options.base, quick=options.quick, only=options.only, tell=lambda arm: print(arms.row(arm), flush=True))
    files.write_text(options.json, json.dumps(found, indent=1) + "\n")
    return exits.DONE


def calibrate(options: argparse.Namespace) -> int:
    found = measure(options.base)
    files.write_text(options.out, json.dumps(found.to_dict(), indent=1) + "\n")
    return exits.DONE
