"""Tiny films and stills, good and bad, drawn where they are needed."""

import struct
import zlib
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image


def film(
    path: Path, *, frames: int = 12, fps: int = 8, size: tuple[int, int] = (64, 48), codec: str = "libx264", turn: int = 0, **more: str
) -> Path:
    """A moving bar. The container follows the path's suffix; players turn it by `turn` degrees; `more`: container options, pix_fmt."""
    pix_fmt = more.pop("pix_fmt", "yuv420p")
    width, height = size
    with av.open(str(path), "w", options=more) as container:
        stream = container.add_stream(codec, rate=Fraction(fps))
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        if turn:
            stream.set_display_rotation(turn)
        if codec == "libx264":
            stream.options = {"preset": "ultrafast", "crf": "30"}
        for number in range(frames):
            picture = np.full((height, width, 3), 40, np.uint8)
            picture[:, (number * 3) % width :][:, :8] = (200, 120, 60)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def lasting(path: Path, *, hours: float) -> Path:
    """A film of a few frames that lie far apart."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(1))
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(6):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 40 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = int(number * hours * 3600 / 5), Fraction(1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def two_tracks(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        streams = [container.add_stream("libx264", rate=Fraction(8)) for _ in range(2)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(8):
            for stream in streams:
                container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        for stream in streams:
            container.mux(stream.encode(None))
    return path


def sound(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48000, layout="mono")
        for number in range(20):
            frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 48000, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def still(path: Path, size: tuple[int, int] = (64, 48), **options: object) -> Path:
    Image.linear_gradient("L").resize(size).convert("RGB").save(path, **options)
    return path


def png_claiming(path: Path, width: int, height: int) -> Path:
    """A PNG of a few bytes that says it has width x height pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b""))
    return path


def flipped(source: Path, path: Path, *, seed: int, flips: int = 20) -> Path:
    """The file with some bytes changed, the first 32 left as they are."""
    data, noise = bytearray(source.read_bytes()), np.random.default_rng(seed)
    for at in noise.integers(32, len(data), flips):
        data[at] ^= int(noise.integers(1, 256))
    path.write_bytes(bytes(data))
    return path


def recording(path: Path) -> Path:
    """As browsers write them: uneven frames, and a header that says 1000 a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libvpx", rate=1000)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(31):
            frame = av.VideoFrame.from_ndarray(np.full((48, 64, 3), 8 * number, np.uint8), format="rgb24")
            frame.pts, frame.time_base = 33 * number + number % 3, Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
