"""The commands that train and measure."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from finetune import allocator, exits, files, outlet, terminal
from finetune import run as engine
from finetune import serve as server
from finetune.calibrate import measure
from finetune.events import Event, Listener, event
from finetune.exits import Ended
from finetune.job import Job
from finetune.resident import Resident


def run(options: argparse.Namespace) -> int:
    """Ctrl-C and SIGTERM stop behind a checkpoint."""
    stopping: list[int] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    tell, bases = _listener(), Resident()
    allocator.keep_large_blocks()
    codes = [_run_one(path, options, tell, bases, lambda: bool(stopping)) for path in options.jobs]
    return next((code for code in codes if code), exits.DONE)


def _run_one(path: Path, options: argparse.Namespace, tell: Listener, bases: Resident, stopping: Callable[[], bool]) -> int:
    name = path.stem
    try:
        job = Job.load(path)
        name = job.id
        out = options.out / name if len(options.jobs) > 1 else options.out
        engine.run(job, out, bases=bases, tell=tell, resume=options.resume, stopping=stopping)
    except Ended as ended:
        tell(event("error", name, exit=ended.exit, code=ended.code, detail=str(ended)))
        return ended.exit
    return exits.DONE


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


def calibrate(options: argparse.Namespace) -> int:
    found = measure(options.base)
    files.write_text(options.out, json.dumps(found.to_dict(), indent=1) + "\n")
    return exits.DONE
