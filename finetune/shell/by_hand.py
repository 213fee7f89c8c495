"""What a person with a shell needs around the engine: clips to try it on, and a job file."""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from finetune import exits, families
from finetune.data import draw as drawing
from finetune.data import seal as sealing
from finetune.data.windows import with_trigger
from finetune.disk import files
from finetune.job import PRESERVE, Job
from finetune.manifest import DatasetManifest, directory_digest, file_sha256
from finetune.planning import house

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
    if options.from_adapter:
        _begin_from(wanted, options.from_adapter)
    files.write_text(options.out, json.dumps(Job.from_dict(wanted).to_dict(), indent=1) + "\n")
    return exits.DONE


def _begin_from(wanted: dict[str, Any], adapter: Path) -> None:
    """At the rank and alpha that the file tells; what else does not fit, `check` says."""
    _, told = house.header(adapter, "from_adapter")
    wanted["from_adapter"] = {"path": str(adapter.resolve()), "digest": f"sha256:{file_sha256(adapter)}"}
    for knob, kind in (("rank", int), ("alpha", float)):
        if value := told.get(f"finetune.{knob}"):
            wanted["knobs"][knob] = kind(value)


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
            "preserve": PRESERVE if trigger else 0.0,
        },
        "previews": [{"prompt": prompt, "seed": 1} for prompt in prompts],
        "seed": 0,
    }
