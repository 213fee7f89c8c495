"""Reading a video: only local files, only the containers and codecs named here, nothing decoded before it is known to be small enough."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import Image

from . import boxes, limits
from .unusable import Unusable

DEMUXERS = {".mp4": "mov", ".mov": "mov", ".mkv": "matroska", ".webm": "matroska"}
CODECS = ("h264", "hevc", "mpeg4", "vp8", "vp9", "av1", "prores")
# FFmpeg's own guards. Without them a playlist makes it fetch addresses or read other files of this machine.
GUARDS = {
    "format_whitelist": "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm",
    "codec_whitelist": ",".join((*CODECS, "libdav1d", "libvpx", "libvpx-vp9")),
    "protocol_whitelist": "file",
}
STRIP_FRAMES = 8
PICTURE_SIDE = 480
# Decoders flag the frames between a cut and the next whole picture; more than this share is damage.
FAULTY_SHARE = 0.1
# How much earlier than announced the last packet may end: this many seconds, or this share of a long film.
GAP_SECONDS, GAP_SHARE = 0.25, 0.02
RATE_SLACK = 0.05


@dataclass(frozen=True)
class Survey:
    """What headers and packets say. Nothing is decoded for it."""

    width: int
    height: int
    frames: int
    fps: float
    duration: float


@dataclass
class Reel:
    """What decoding showed."""

    count: int = 0
    faulty: int = 0
    turned: bool = False
    pictures: list[Image.Image] = field(default_factory=list)

    def take(self, frame: VideoFrame, *, keep: bool) -> None:
        require_size(frame.width, frame.height)
        self.count += 1
        self.faulty += frame.is_corrupt
        self.turned = frame.rotation % 180 == 90
        if keep:
            self.pictures.append(_picture(frame))


def read(path: Path, suffix: str) -> tuple[Survey, list[Image.Image]]:
    """Facts (upright, frames as decoded) and up to STRIP_FRAMES small pictures. Raises Unusable; FFmpeg's own errors pass through."""
    if DEMUXERS[suffix] == "mov":
        boxes.require_whole(path)
    with opened(path, suffix) as (container, stream):
        found = _survey(container, stream)
    with opened(path, suffix) as (container, stream):
        whole = found.width * found.height * found.frames <= limits.DECODED_PIXELS
        reel = (_decode_all if whole else _decode_some)(container, stream, found)
    if not reel.pictures or reel.faulty > FAULTY_SHARE * reel.count:
        raise Unusable("DAMAGED", f"{reel.faulty} of {reel.count} frames are faulty")
    if whole and reel.count < (1 - FAULTY_SHARE) * found.frames:
        raise Unusable("DAMAGED", f"{reel.count} of {found.frames} frames can be decoded")
    sides = (found.height, found.width) if reel.turned else (found.width, found.height)
    return Survey(*sides, reel.count if whole else found.frames, found.fps, found.duration), reel.pictures


@contextmanager
def opened(path: Path, suffix: str) -> Iterator[tuple[InputContainer, VideoStream]]:
    """The one video stream, its codec allowed and its size checked, set to decode in one thread."""
    with av.open(str(path), format=DEMUXERS[suffix], container_options=GUARDS, metadata_errors="ignore") as container:
        streams = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
        if not streams:
            raise Unusable("NO_PICTURE")
        if len(streams) > 1:
            raise Unusable("SEVERAL_PICTURES", str(len(streams)))
        stream, context = streams[0], streams[0].codec_context
        if context is None or context.codec.canonical_name not in CODECS:
            raise Unusable("CODEC_NOT_ALLOWED", "something unknown" if context is None else context.codec.canonical_name)
        require_size(context.width, context.height)
        context.thread_count, context.thread_type = 1, "NONE"
        context.options = {"max_pixels": str(limits.VIDEO_LONG_SIDE * limits.VIDEO_SHORT_SIDE)}
        yield container, stream


def require_size(width: int, height: int) -> None:
    found = f"{width} x {height}"
    if max(width, height) > limits.VIDEO_LONG_SIDE or min(width, height) > limits.VIDEO_SHORT_SIDE:
        raise Unusable("TOO_LARGE", found)
    if min(width, height) < limits.LEAST_SIDE:
        raise Unusable("TOO_SMALL", found)


def _survey(container: InputContainer, stream: VideoStream) -> Survey:
    announced = (container.duration or 0) / av.time_base
    _require_length(announced)
    times, begin, end = _timeline(container, stream)
    if announced - (end - min(begin, 0.0)) > max(GAP_SECONDS, GAP_SHARE * announced):
        raise Unusable("TRUNCATED", f"{end:.1f} of {announced:.1f} seconds")
    if len(times) < limits.LEAST_FRAMES:
        raise Unusable("TOO_SHORT", str(len(times)))
    fps, width, height = _rate(stream, times), stream.codec_context.width, stream.codec_context.height
    if width * height * len(times) > limits.VIDEO_PIXELS:
        raise Unusable("TOO_HEAVY")
    return Survey(width, height, len(times), fps, len(times) / fps)


def _timeline(container: InputContainer, stream: VideoStream) -> tuple[list[float], float, float]:
    """When each frame of the stream shows, and the first and last moment of the whole file (sound included), by its packets."""
    times, begin, end = [], float("inf"), 0.0
    for packet in container.demux():
        if packet.size == 0 or packet.pts is None or packet.time_base is None:
            continue
        if packet.is_corrupt:
            raise Unusable("TRUNCATED", f"after {end:.1f} seconds")
        shown = float(packet.pts * packet.time_base)
        begin, end = min(begin, shown), max(end, shown + float((packet.duration or 0) * packet.time_base))
        _require_length(end - begin)
        if packet.stream is stream:
            times.append(shown)
        if len(times) > limits.VIDEO_SECONDS * limits.VIDEO_FPS:
            raise Unusable("TOO_LONG", f"{len(times)} frames")
    return times, begin, end


def _rate(stream: VideoStream, times: list[float]) -> float:
    """Frames a second: the header's when the packets agree, else theirs (browsers write recordings whose header says 1000)."""
    span = max(times) - min(times)
    measured = (len(times) - 1) / span if span else float("inf")
    if measured > limits.VIDEO_FPS * (1 + RATE_SLACK):
        raise Unusable("TOO_FAST", f"{measured:.0f}")
    announced = float(stream.average_rate or 0)
    return announced if abs(announced - measured) <= RATE_SLACK * measured else measured


def _require_length(seconds: float) -> None:
    if seconds > limits.VIDEO_SECONDS:
        raise Unusable("TOO_LONG", f"{seconds / 60:.1f} minutes")


def _decode_all(container: InputContainer, stream: VideoStream, found: Survey) -> Reel:
    reel, wanted = Reel(), {i * found.frames // STRIP_FRAMES for i in range(STRIP_FRAMES)}
    for number, frame in enumerate(container.decode(stream)):
        reel.take(frame, keep=number in wanted)
    return reel


def _decode_some(container: InputContainer, stream: VideoStream, found: Survey) -> Reel:
    """The whole picture nearest before each of STRIP_FRAMES moments."""
    reel, first, tick = Reel(), stream.start_time or 0, float(stream.time_base or 1)
    for i in range(STRIP_FRAMES):
        container.seek(first + round(i * found.duration / STRIP_FRAMES / tick), stream=stream)
        frame = next(container.decode(stream), None)
        if frame is None:
            raise Unusable("DAMAGED", f"nothing can be decoded at {i * found.duration / STRIP_FRAMES:.1f} seconds")
        reel.take(frame, keep=True)
    return reel


def _picture(frame: VideoFrame) -> Image.Image:
    """Small, RGB, turned as the camera says it was held."""
    scale = min(1.0, PICTURE_SIDE / max(frame.width, frame.height))
    image = frame.reformat(max(1, round(frame.width * scale)), max(1, round(frame.height * scale)), "rgb24").to_image()
    return image.rotate(frame.rotation, expand=True) if frame.rotation % 360 else image
