"""A clip and two pictures as a model might have made them, small."""

import io
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from tests.material.clips import film


@cache
def clip() -> bytes:
    with TemporaryDirectory() as folder:
        return film(Path(folder) / "clip.mp4").read_bytes()


@cache
def picture(kind: str) -> bytes:
    made = io.BytesIO()
    Image.fromarray(np.arange(64 * 48 * 3, dtype=np.uint8).reshape(48, 64, 3)).save(made, kind)
    return made.getvalue()


def all_of_them() -> dict[str, bytes]:
    """By what they are."""
    return {"video/mp4": clip(), "image/webp": picture("WEBP"), "image/png": picture("PNG")}
