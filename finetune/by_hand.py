"""What a person with a shell needs around the engine: clips to try it on, and a job file."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune import draw as drawing
from finetune import exits, families, files
from finetune import seal as sealing
from finetune.job import Job
from finetune.manifest import DatasetManifest, directory_digest
from finetune.windows import with_trigger

LEARNING_RATE = 2e-3
SHOWN = 2
"""So many captions are previewed where no prompt is given."""


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
    captions = list(dict.fromkeys(clip.caption for clip in manifest.clips))[:SHOWN]
    prompts = options.prompt or [with_trigger(caption, options.trigger) for caption in captions]
    name = "".join(letter if letter.isalnum() or letter in "-_" else "-" for letter in options.out.stem)
    wanted = job_of(options.base, dataset, manifest, name, steps=options.steps, rank=options.rank, trigger=options.trigger, prompts=prompts)
    wanted["knobs"]["aspects"] = _knows_aspects(options.base) if options.aspects is None else options.aspects
    files.write_text(options.out, json.dumps(Job.from_dict(wanted).to_dict(), indent=1) + "\n")
    return exits.DONE


def _knows_aspects(base: Path) -> bool:
    """A base with a recipe of its own was taught one size; the great ones were taught many."""
    return not (base / "recipe.json").exists()


def job_of(
    base: Path, dataset: Path, manifest: DatasetManifest, name: str, *, steps: int, rank: int, trigger: str, prompts: Sequence[str]
) -> dict[str, Any]:
    """A job at the base's own size."""
    family = families.of(base)
    native = families.layout(family).facts(base).native
    return {
        "version": 1,
        "id": name,
        "family": family,
        "base": {"path": str(base.resolve()), "digest": directory_digest(base)},
        "dataset": {"path": str(dataset), "root": manifest.root},
        "knobs": {
            "steps": steps,
            "rank": rank,
            "alpha": rank,
            "learning_rate": LEARNING_RATE,
            "batch_size": 8,
            "height": native.height,
            "width": native.width,
            "frames": native.frames,
            "fps": native.fps,
            "trigger": trigger,
        },
        "previews": [{"prompt": prompt, "seed": 1} for prompt in prompts],
        "seed": 0,
    }
