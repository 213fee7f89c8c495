"""Sealing a folder by hand: what the platform does for its creators, for a person with a shell."""

import shutil
from pathlib import Path

from av.error import FFmpegError
from PIL import Image, ImageOps

from finetune.data.media import IMAGES, opened, rate, reason
from finetune.exits import BadData
from finetune.manifest import Clip, DatasetManifest, file_sha256

VIDEOS = (".mp4", ".mov", ".webm", ".mkv", ".m4v")
STILLS = (".png", ".jpg", ".jpeg", ".webp")


def seal(source: Path, dataset: Path) -> DatasetManifest:
    """Copies every clip of `source` with its caption into `dataset` and writes the manifest. Raises BadData by name."""
    found = sorted(path for path in source.iterdir() if path.suffix.lower() in VIDEOS + STILLS)
    if not found:
        raise BadData(f"{source} holds no clips: bring .mp4, .mov, .webm or .mkv files, or still images.")
    clips = []
    (dataset / "clips").mkdir(parents=True, exist_ok=True)
    for path in found:
        clip = describe(path, f"clips/{path.name}", caption_of(path))
        shutil.copyfile(path, dataset / clip.file)
        clips.append(clip)
    manifest = DatasetManifest.build(clips)
    manifest.save(dataset)
    return manifest


def caption_of(path: Path) -> str:
    """From the .txt beside the clip."""
    words = path.with_suffix(".txt")
    if not words.exists():
        raise BadData(f"{path.name} has no caption: write {words.name} beside it, one sentence that says what is seen.")
    return words.read_text(encoding="utf-8").strip()


def describe(path: Path, file: str, caption: str) -> Clip:
    """Size and length, from the file itself; width and height as a player shows it, upright."""
    kind = "image" if path.suffix.lower() in STILLS else "video"
    try:
        width, height, frames, fps = _still(path) if kind == "image" else _video(path)
    except (FFmpegError, OSError, ValueError) as error:
        raise BadData(f"{path.name} cannot be read ({reason(error)}).") from error
    return Clip(file, file_sha256(path), path.stat().st_size, caption, kind, width, height, frames, fps)


def _still(path: Path) -> tuple[int, int, int, float]:
    with Image.open(path, formats=IMAGES) as image:
        return *ImageOps.exif_transpose(image).size, 1, 0.0


def _video(path: Path) -> tuple[int, int, int, float]:
    """Counts packets instead of trusting the header."""
    with opened(path) as (container, stream):
        lying = next(container.decode(stream)).rotation % 180 != 0
        container.seek(0)
        frames = sum(1 for packet in container.demux(stream) if packet.size)
        width, height = (stream.height, stream.width) if lying else (stream.width, stream.height)
        return width, height, frames, rate(stream)
