"""The commands that compute."""

import argparse
import json
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from finetune import allocator, exits, files, outlet, terminal
from finetune import draw as drawing
from finetune import run as engine
from finetune import seal as sealing
from finetune import serve as server
from finetune.calibrate import measure
from finetune.events import Event, Listener, event
from finetune.exits import Ended
from finetune.families import layout
from finetune.job import Job
from finetune.manifest import directory_digest
from finetune.recipe import build as recipe
from finetune.resident import Resident

LEARNING_RATE = 2e-3
PROMPTS = ("a red circle moving right on a dark background", "a blue square moving down on a light background")


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


def draw(options: argparse.Namespace) -> int:
    drawing.draw(
        options.out,
        count=options.count,
        style=options.style,
        seed=options.seed,
        size=options.size,
        fps=options.fps,
        seconds=options.seconds,
    )
    return exits.DONE


def job(options: argparse.Namespace) -> int:
    """The dataset lands beside the job file."""
    dataset = options.out.resolve().with_suffix(".dataset")
    manifest = sealing.seal(options.clips, dataset)
    native = layout("wan").facts(options.base).native
    prompts = options.prompt or [f"{options.trigger} {prompt}".strip() for prompt in PROMPTS]
    wanted = Job.from_dict(
        {
            "version": 1,
            "id": "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in options.out.stem),
            "family": "wan",
            "base": {"path": str(options.base.resolve()), "digest": directory_digest(options.base)},
            "dataset": {"path": str(dataset), "root": manifest.root},
            "knobs": {
                "steps": options.steps,
                "rank": options.rank,
                "alpha": options.rank,
                "learning_rate": LEARNING_RATE,
                "batch_size": 8,
                "height": native.height,
                "width": native.width,
                "frames": native.frames,
                "fps": native.fps,
                "trigger": options.trigger,
            },
            "previews": [{"prompt": prompt, "seed": 1} for prompt in prompts],
            "seed": 0,
        }
    )
    files.write_text(options.out, json.dumps(wanted.to_dict(), indent=1) + "\n")
    return exits.DONE


def build(options: argparse.Namespace) -> int:
    recipe.build(options.out, minutes=options.minutes, seed=options.seed, steps=options.steps and tuple(options.steps))
    return exits.DONE
