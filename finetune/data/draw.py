"""Drawn clips as files: an .mp4 and a .txt with its caption beside it."""

import random
from pathlib import Path

from finetune.data.drawn import render, scene
from finetune.data.media import write_video
from finetune.disk import files


def draw(out: Path, *, count: int, style: str, seed: int, size: int = 256, fps: int = 16, seconds: float = 3.0) -> list[Path]:
    """Returns the .mp4 files. The same arguments draw the same scenes."""
    rng = random.Random(f"{seed}/{style}")
    clips = []
    for index in range(count):
        shown = scene(rng)
        path = out / f"{style}-{index + 1:02d}.mp4"
        with files.written(path) as draft:
            write_video(draft, render(shown, frames=round(fps * seconds), size=size, style=style), fps)
        files.write_text(path.with_suffix(".txt"), shown.caption + "\n")
        clips.append(path)
    return clips
