"""`finetune base report`: what a base has learned, as figures and as a contact sheet.

Pictures: PSNR of its VAE on drawn clips it never saw, and on footage when some is given (`--footage`). Captions: whether generated
clips show what their captions ask for, read back by `reading`, whose own accuracy stands beside it. The captions are those that no
training clip had.
"""

import argparse
import json
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont

from finetune import exits
from finetune.data import drawn, media
from finetune.data.media import Frames
from finetune.data.seal import VIDEOS, describe
from finetune.data.windows import Window
from finetune.disk import files
from finetune.exits import BadData
from finetune.families import wan
from finetune.families.model import Shot
from finetune.families.seam import Native
from finetune.recipe import corpus, reading, vae
from finetune.recipe.training import say

PROMPTS = 200
SHOWN = 12
EXAMINED = 1000
DRAWN_CLIPS = 64
WINDOWS = 6
UNSEEN = 9_000_001
LEAST = {"colour": 0.95, "background": 0.95, "shape": 0.80, "motion": 0.80}
LEAST_DECIBELS = {"drawn": 33.0, "footage": 25.0}


def command(options: argparse.Namespace) -> int:
    model = wan.load(str(options.base))
    pictures = {"drawn": round(_drawn_decibels(model), 2)}
    if options.footage:
        pictures["footage"] = round(_footage_decibels(model, options.footage), 2)
    say(f"PSNR in dB: {pictures}")
    shown = list(_generated(model, options.prompts))
    found = {
        "psnr_db": {"measured": pictures, "wanted": {name: LEAST_DECIBELS[name] for name in pictures}},
        "captions": {
            "prompts": len(shown),
            "distinct": len(drawn.held_out()),
            "measured": reading.shares([(reading.read(frames), caption) for caption, frames in shown]),
            "wanted": LEAST,
            "examiner": reading.accuracy(0, EXAMINED, frames=vae.FRAMES, size=vae.SIZE),
        },
    }
    options.out.mkdir(parents=True, exist_ok=True)
    files.write_text(options.out / "report.json", json.dumps(found, indent=1) + "\n")
    once = shown[: len(drawn.held_out())]
    _sheet(options.out / "sheet.png", random.Random(0).sample(once, min(SHOWN, len(once))))
    print(json.dumps(found, indent=1))
    return exits.DONE


def prompts(count: int) -> Iterator[tuple[str, int]]:
    """Every held-out caption in turn, with a new seed each time."""
    captions = drawn.held_out()
    return ((captions[number % len(captions)], number) for number in range(count))


def _generated(model: wan.Wan, count: int) -> Iterator[tuple[str, Frames]]:
    native, empty = model.facts.native, model.encode_text([""])
    for number, (caption, seed) in enumerate(prompts(count)):
        yield caption, model.sample(Shot.native(native, model.encode_text([caption]), empty, seed), lambda: None)
        if number % 20 == 19:
            say(f"{number + 1} of {count} clips generated")


def _drawn_decibels(model: wan.Wan) -> float:
    clips = torch.stack([clip for clip, _ in corpus.scenes(UNSEEN, DRAWN_CLIPS)])
    return vae.psnr(model.pipeline.vae, clips.to(model.device))


def _footage_decibels(model: wan.Wan, folder: Path) -> float:
    """Mean over windows of all clips in the folder, a window each second, cut to the base's own shape."""
    native = model.facts.native
    found = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in VIDEOS]
    if not found:
        raise BadData(f"{folder} holds no clips.")
    cut = [frames for path in found for frames in media.read_windows(path, _windows(path, native))]
    return vae.psnr(model.pipeline.vae, torch.stack([vae.video(frames) for frames in cut]).to(model.device))


def _windows(path: Path, native: Native) -> list[Window]:
    """Runs of consecutive frames, spread evenly over the clip."""
    clip = describe(path, path.name, "footage")
    starts = np.linspace(0, max(0, clip.frames - native.frames), WINDOWS).astype(int)
    shape = (native.frames, clip.fps, native.height, native.width)
    return [Window(clip, int(start) / clip.fps, *shape) for start in sorted(set(starts.tolist()))]


def _sheet(path: Path, shown: list[tuple[str, Frames]]) -> None:
    """A row a caption; time runs to the right."""
    cell, across, label = 96, 5, 20
    row = cell + label + 8
    sheet = Image.new("RGB", (across * (cell + 4) + 16, row * len(shown) + 8), (250, 249, 246))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for line, (caption, frames) in enumerate(shown):
        pen.text((8, 8 + row * line), caption, fill=(30, 30, 34), font=font)
        for column, index in enumerate(np.linspace(0, len(frames) - 1, across).round().astype(int)):
            picture = Image.fromarray(frames[index]).resize((cell, cell), Image.Resampling.NEAREST)
            sheet.paste(picture, (8 + column * (cell + 4), 8 + row * line + label))
    with files.written(path) as draft:
        sheet.save(draft, format="PNG", optimize=True)
