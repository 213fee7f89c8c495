"""The verdict on one file, as bounded JSON can hold it."""

from pathlib import Path
from typing import Any

from PIL import Image

from . import film, magic, still
from .faces import Looker
from .unusable import Unusable

STRIP_HEIGHT = 96
THUMB_SIDE = 480
MOST_SIGNS = 80


def answer(path: Path, out: Path, seen: Looker | None = None) -> dict[str, Any]:
    """Never raises for what a file contains. Pictures go to `out`; `seen` says whether a face can be seen in one."""
    try:
        with path.open("rb") as file:
            suffix = magic.suffix_of(file.read(magic.HEAD_BYTES))
        facts, pictures = _film(path, suffix, out) if suffix in film.DEMUXERS else _still(path, out)
    except Unusable as why:
        return {"ok": False, "code": why.code, "found": why.found[:MOST_SIGNS]}
    except MemoryError:
        return {"ok": False, "code": "TOO_HEAVY", "found": ""}
    except Image.DecompressionBombError:
        return {"ok": False, "code": "TOO_LARGE", "found": ""}
    # Broken files make the decoders raise nearly anything (UnicodeDecodeError, AttributeError …); none of it may look like our fault.
    except Exception as error:
        return {"ok": False, "code": "DAMAGED", "found": type(error).__name__[:MOST_SIGNS]}
    faces = {"looked_at": len(pictures), "faces_in": sum(map(seen, pictures))} if seen else {"looked_at": 0, "faces_in": 0}
    return {"ok": True, "suffix": suffix, **facts, **faces}


def _film(path: Path, suffix: str, out: Path) -> tuple[dict[str, Any], list[Image.Image]]:
    found, pictures = film.read(path, suffix)
    _save(pictures[len(pictures) // 2], out / "thumb.jpg")
    _save(_strip(pictures), out / "filmstrip.jpg")
    facts = {"width": found.width, "height": found.height, "frames": found.frames}
    return {"kind": "video", **facts, "fps": round(found.fps, 6), "duration": round(found.duration, 6)}, pictures


def _still(path: Path, out: Path) -> tuple[dict[str, Any], list[Image.Image]]:
    width, height, picture = still.read(path)
    thumb = picture.copy()
    thumb.thumbnail((THUMB_SIDE, THUMB_SIDE))
    _save(thumb, out / "thumb.jpg")
    return {"kind": "image", "width": width, "height": height, "frames": 1, "fps": 0.0, "duration": 0.0}, [picture]


def _strip(pictures: list[Image.Image]) -> Image.Image:
    """The pictures side by side, STRIP_HEIGHT pixels high."""
    cells = [each.resize((max(1, each.width * STRIP_HEIGHT // each.height), STRIP_HEIGHT)) for each in pictures]
    strip, left = Image.new("RGB", (sum(cell.width for cell in cells), STRIP_HEIGHT)), 0
    for cell in cells:
        strip.paste(cell, (left, 0))
        left += cell.width
    return strip


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, "JPEG", quality=85)
