"""`finetune base samples`: a few clips that the bare base makes, each from its prompt, and samples.json that names them.

They lie beside the base and never inside it: a base directory holds weights and their configuration only, and its digest covers all of it.
"""

import argparse
import json
from pathlib import Path

from finetune import exits, families
from finetune.disk import files
from finetune.families.model import Shot
from finetune.results import previews

PROMPTS = (
    "a red circle moving right on a dark background",
    "a yellow square growing on a dark background",
    "a blue triangle moving up on a light background",
    "a green circle moving down on a dark background",
)


def command(options: argparse.Namespace) -> int:
    make(options.base, options.out, seed=options.seed)
    return exits.DONE


def make(base: Path, out: Path, *, seed: int) -> None:
    model = families.load("wan", str(base))
    made = [{"file": f"{number:02d}.mp4", "prompt": prompt} for number, prompt in enumerate(PROMPTS, start=1)]
    for number, sample in enumerate(made):
        shot = Shot.native(model.facts.native, model.encode_text([sample["prompt"]]), model.encode_text([""]), seed + number)
        frames = model.sample(shot, lambda: None)
        previews.save_clip(out / sample["file"], frames, model.facts.native.fps)
    files.write_text(out / "samples.json", json.dumps({"seed": seed, "samples": made}, indent=2) + "\n")
