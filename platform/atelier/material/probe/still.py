"""Reading a still image: its size before its pixels, then every pixel once."""

from pathlib import Path

from PIL import Image, ImageOps

from . import limits
from .unusable import Unusable

FORMATS = ("PNG", "JPEG", "WEBP")
# Large enough that a face in a group can be seen.
PICTURE_SIDE = 960


def read(path: Path) -> tuple[int, int, Image.Image]:
    """Width and height as held upright, and a small picture. Raises Unusable; Pillow's own errors pass through."""
    Image.MAX_IMAGE_PIXELS = limits.STILL_SIDE**2
    with Image.open(path, formats=FORMATS) as image:
        _require_fit(image)
        image.verify()
    with Image.open(path, formats=FORMATS) as image:
        image.load()
        picture = image if image.mode in ("RGB", "L") else image.convert("RGB")
        upright = ImageOps.exif_transpose(picture)
        width, height = upright.size
        upright.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
        return width, height, upright.convert("RGB")


def _require_fit(image: Image.Image) -> None:
    found = f"{image.width} x {image.height}"
    if max(image.size) > limits.STILL_SIDE or image.width * image.height > limits.STILL_PIXELS:
        raise Unusable("TOO_LARGE", found)
    if min(image.size) < limits.LEAST_SIDE:
        raise Unusable("TOO_SMALL", found)
    # A JPEG may carry a second view (MPO) and is still one picture.
    if image.format != "JPEG" and getattr(image, "n_frames", 1) > 1:
        raise Unusable("NOT_A_STILL")
