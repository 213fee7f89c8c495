"""The same prompts and seeds, from the bare base and from the custom model, as clips and as one sheet."""

import base64
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from finetune.data.media import Frames, enlarge, write_video
from finetune.disk import files

ACROSS = 5
CELL = 128
MARGIN = 12
LABEL = 22
THUMBNAIL = 384
PAPER, INK, GREY = (250, 249, 246), (30, 30, 34), (110, 110, 116)


@dataclass(frozen=True)
class Pair:
    """One prompt, before and after."""

    prompt: str
    base: Frames
    custom: Frames


def save_clip(path: Path, frames: Frames, fps: float) -> None:
    """A picture where the name ends in .png."""
    with files.written(path) as draft:
        if path.suffix == ".png":
            Image.fromarray(enlarge(frames)[0]).save(draft, format="PNG", optimize=True)
            return
        write_video(draft, enlarge(frames), fps)


def save_sheet(path: Path, pairs: list[Pair]) -> None:
    """Rows are prompts, the base above the custom model; time runs to the right."""
    across = min(ACROSS, max(len(pair.base) for pair in pairs))
    height, width = pairs[0].base.shape[1:3]
    scale = CELL / min(height, width)
    cell = round(width * scale), round(height * scale)
    left = MARGIN + 64
    row = LABEL + 2 * (cell[1] + 4) + MARGIN
    sheet = Image.new("RGB", (left + across * (cell[0] + 4) + MARGIN, MARGIN + row * len(pairs)), PAPER)
    for index, pair in enumerate(pairs):
        _draw_row(sheet, pair, MARGIN + row * index, left, cell, across)
    with files.written(path) as draft:
        sheet.save(draft, format="PNG", optimize=True)


def thumbnail(frames: Frames) -> str:
    """The middle frame as a data URI, as `modelspec.thumbnail` wants it."""
    picture = Image.fromarray(enlarge(frames)[len(frames) // 2])
    picture.thumbnail((THUMBNAIL, THUMBNAIL))
    written = io.BytesIO()
    picture.save(written, format="JPEG", quality=80, optimize=True)
    return "data:image/jpeg;base64," + base64.b64encode(written.getvalue()).decode()


def _draw_row(sheet: Image.Image, pair: Pair, top: int, left: int, cell: tuple[int, int], across: int) -> None:
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    pen.text((MARGIN, top), _fit(pair.prompt, (sheet.width - 2 * MARGIN) // 7), fill=INK, font=font)
    for line, (name, frames) in enumerate((("base", pair.base), ("custom", pair.custom))):
        y = top + LABEL + line * (cell[1] + 4)
        pen.text((MARGIN, y + cell[1] // 2 - 8), name, fill=GREY, font=font)
        for column, index in enumerate(np.linspace(0, len(frames) - 1, across).round().astype(int)):
            picture = Image.fromarray(frames[index]).resize(cell, Image.Resampling.NEAREST)
            sheet.paste(picture, (left + column * (cell[0] + 4), y))


def _fit(text: str, letters: int) -> str:
    return text if len(text) <= letters else text[: letters - 1] + "…"
