"""`finetune base teach`: how well a base takes on a drawn style, over several seeds, as figures and a sheet.

A creator's run in small: clips in a style the base never saw, a trigger word, a short training. Judged on captions of neither training:
the style score (`style`) of the custom model with the trigger word against the base's, and whether captions without the trigger word are
followed as well as before (`reading`).
"""

import argparse
import json
import tempfile
from pathlib import Path
from statistics import mean
from typing import Any

from finetune import exits
from finetune.data import draw, drawn, seal
from finetune.data.media import Frames
from finetune.disk import files
from finetune.families import wan
from finetune.families.model import Shot
from finetune.job import Job
from finetune.recipe import reading, style
from finetune.recipe.training import say
from finetune.results.previews import Pair, save_sheet
from finetune.running import run as engine
from finetune.running.resident import Resident
from finetune.shell import by_hand

TRIGGER = "neonstyle"
CLIPS = 24
SHOWN = 6
WANTED = {"effect": 2.0, "kept": 0.9}


def command(options: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        found, pairs = _measure(options, Path(folder))
    options.out.mkdir(parents=True, exist_ok=True)
    files.write_text(options.out / "style.json", json.dumps(found, indent=1) + "\n")
    save_sheet(options.out / "style.png", pairs)
    print(json.dumps(found, indent=1))
    return exits.DONE


def _measure(options: argparse.Namespace, folder: Path) -> tuple[dict[str, Any], list[Pair]]:
    model, captions = wan.load(str(options.base)), drawn.held_out()[:: max(1, 24 // options.prompts)]
    judge = style.judge(options.style, frames=model.facts.native.frames, size=model.facts.native.height)
    before = _clips(model, captions, "")
    base_scores = [judge.score(frames) for frames in before]
    seeds: list[dict[str, float]] = []
    pairs: list[Pair] = []
    for seed in range(options.seeds):
        model.load_lora({"": _train(options, folder / str(seed), seed)})
        styled, plain = _clips(model, captions, f"{TRIGGER} "), _clips(model, captions, "")
        model.take_off()
        scores = [judge.score(frames) for frames in styled]
        seeds.append(
            {
                "score": round(mean(scores), 3),
                "effect": round(style.effect(base_scores, scores), 2),
                "score_without_trigger": round(mean(map(judge.score, plain)), 3),
                "followed_without_trigger": _followed(plain, captions),
            }
        )
        say(f"seed {seed}: {seeds[-1]}")
        pairs = pairs or [Pair(f"{TRIGGER} {each}", *shown) for each, *shown in zip(captions, before, styled, strict=True)][:SHOWN]
    followed = _followed(before, captions)
    return {
        "style": options.style,
        "steps": options.steps,
        "preserve": options.preserve,
        "prompts": len(captions),
        "base": {"score": round(mean(base_scores), 3), "followed": followed},
        "seeds": seeds,
        "effect_least": min(each["effect"] for each in seeds),
        "kept_least": round(min(each["followed_without_trigger"] / max(followed, 1e-9) for each in seeds), 3),
        "wanted": WANTED,
    }, pairs


def _followed(clips: list[Frames], captions: list[str]) -> float:
    """The mean over the four fields of how many clips show what their caption says."""
    return round(mean(reading.shares([(reading.read(clip), caption) for clip, caption in zip(clips, captions, strict=True)]).values()), 4)


def _clips(model: wan.Wan, captions: list[str], before: str) -> list[Frames]:
    native, empty = model.facts.native, model.encode_text([""])
    shots = [Shot.native(native, model.encode_text([before + caption]), empty, seed) for seed, caption in enumerate(captions)]
    return [model.sample(shot, lambda: None) for shot in shots]


def _train(options: argparse.Namespace, folder: Path, seed: int) -> Path:
    """Returns the adapter in diffusers layout."""
    draw.draw(folder / "clips", count=CLIPS, style=options.style, seed=seed, size=64)
    dataset = folder / "dataset"
    manifest = seal.seal(folder / "clips", dataset)
    wanted = by_hand.job_of(options.base, dataset, manifest, f"style-{seed}", steps=options.steps, rank=16, trigger=TRIGGER, prompts=())
    wanted["knobs"] |= {"learning_rate": options.learning_rate, "batch_size": options.batch_size, "preserve": options.preserve}
    written = engine.run(Job.from_dict({**wanted, "seed": seed}), folder / "out", bases=Resident(), tell=lambda _: None)
    exported = json.loads(written.read_text())["files"]
    return folder / "out" / next(each["path"] for each in exported if each["layout"] == "diffusers")
