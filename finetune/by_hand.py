"""What a person with a shell needs around the engine: clips to try it on, and a job file."""

import argparse
import json

from finetune import draw as drawing
from finetune import exits, files
from finetune import seal as sealing
from finetune.families import layout
from finetune.job import Job
from finetune.manifest import directory_digest

LEARNING_RATE = 2e-3
PROMPTS = ("a red circle moving right on a dark background", "a blue square moving down on a light background")


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
