"""Reading windows out of clips and writing previews. Only local files, only the containers and codecs named here."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream
from numpy.typing import NDArray
from PIL import Image, ImageOps

from finetune.data.windows import Window
from finetune.exits import BadData

Frames = NDArray[np.uint8]

CODECS = ("h264", "hevc", "vp8", "vp9", "libvpx", "libvpx-vp9", "av1", "libdav1d", "mpeg4", "prores")
GUARDS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "codec_whitelist": ",".join(CODECS),
    "protocol_whitelist": "file",
}
IMAGES = ("PNG", "JPEG", "WEBP")
PIXEL_LIMIT = 64_000_000


@dataclass(frozen=True)
class Shown:
    """A frame and the second at which it appears; the picture is made only when it is wanted."""

    time: float
    picture: Callable[[], Image.Image]


def read_windows(path: Path, windows: list[Window]) -> Iterator[Frames]:
    """For each window (frames, height, width, 3), RGB, resized to cover and cut to the centre. Windows in order of start.

    Raises BadData that names the clip when it cannot be decoded or ends early.
    """
    name = windows[0].clip.file
    try:
        frames = _still(path) if windows[0].clip.kind == "image" else _decode(path)
        yield from _collect(frames, windows)
    except (FFmpegError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise BadData(f"{name} cannot be read ({reason(error)}): replace it or take it out of the dataset.") from error


def reason(error: Exception) -> str:
    """What went wrong, without the paths and logs that come with it."""
    return getattr(error, "strerror", None) or str(error).partition("'")[0].strip(" :")


def _collect(frames: Iterator[Shown], windows: list[Window]) -> Iterator[Frames]:
    """Each wanted moment takes the last frame shown at or before it, as a player would."""
    upcoming = next(frames, None)
    if upcoming is None:
        raise ValueError("it holds no frames")
    begin, shown = upcoming.time, upcoming
    for window in windows:
        taken = []
        for i in range(window.frames):
            moment = begin + window.start + (i / window.fps if window.fps else 0.0) + 1e-3
            while upcoming is not None and upcoming.time <= moment:
                shown, upcoming = upcoming, next(frames, None)
            if upcoming is None and window.fps and moment > shown.time + 2 / window.clip.fps:
                raise ValueError("it ends earlier than its manifest says")
            taken.append(_cover(shown.picture(), window.height, window.width))
        yield np.stack(taken)


@contextmanager
def opened(path: Path) -> Iterator[tuple[InputContainer, VideoStream]]:
    """A container and its first video track. Raises ValueError or FFmpegError where we do not accept it."""
    with av.open(str(path), options=GUARDS, metadata_errors="ignore") as container:
        if not container.streams.video:
            raise ValueError("it has no video track")
        stream = container.streams.video[0]
        if stream.codec_context.name not in CODECS:
            raise ValueError(f"the codec {stream.codec_context.name} is not accepted")
        yield container, stream


def rate(stream: VideoStream) -> float:
    """Frames a second."""
    return float(stream.average_rate or stream.guessed_rate or 25)


def _decode(path: Path) -> Iterator[Shown]:
    with opened(path) as (container, stream):
        for number, frame in enumerate(container.decode(stream)):
            yield Shown(frame.time if frame.time is not None else number / rate(stream), partial(_upright, frame))


def _upright(frame: av.VideoFrame) -> Image.Image:
    """Turned as the camera says it was held."""
    image = frame.to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image


def _still(path: Path) -> Iterator[Shown]:
    with Image.open(path, formats=IMAGES) as image:
        if image.width * image.height > PIXEL_LIMIT:
            raise ValueError(f"{image.width}x{image.height} pixels are too many")
        upright = ImageOps.exif_transpose(image).convert("RGB")
        yield Shown(0.0, lambda: upright)


def _cover(image: Image.Image, height: int, width: int) -> Frames:
    """Resized so that it covers height x width, then cut to the centre."""
    scale = max(width / image.width, height / image.height)
    w, h = width / scale, height / scale
    left, top = (image.width - w) / 2, (image.height - h) / 2
    box = (left, top, left + w, top + h)
    return np.asarray(image.convert("RGB").resize((width, height), Image.Resampling.BICUBIC, box=box, reducing_gap=3.0))


def enlarge(frames: Frames, least: int = 256) -> Frames:
    """Grown by a whole factor until the short side has `least` pixels, without smoothing: small models show what they made."""
    factor = max(1, -(-least // min(frames.shape[1:3])))
    return frames.repeat(factor, axis=1).repeat(factor, axis=2)


def write_video(path: Path, frames: Frames, fps: float) -> None:
    """(T, H, W, 3) RGB to an .mp4 that browsers play: H.264 and yuv420p."""
    codec = next(each for each in ("libx264", "libopenh264", "mpeg4") if each in av.codecs_available)
    even = frames[:, : frames.shape[1] // 2 * 2, : frames.shape[2] // 2 * 2]
    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        stream = container.add_stream(codec, rate=Fraction(fps).limit_denominator(1000))
        stream.height, stream.width, stream.pix_fmt = even.shape[1], even.shape[2], "yuv420p"
        stream.options = {"crf": "16", "preset": "veryfast", "threads": "1"} if codec == "libx264" else {}
        for frame in even:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
