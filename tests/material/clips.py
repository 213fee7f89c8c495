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


def face(side: int = 96) -> Image.Image:
    """Somebody who does not exist: soft spots of colour, laid so that the detector takes them for a face (it gives 0.82 of 1)."""
    y, x = np.mgrid[0:side, 0:side].astype(np.float32) * (96 / side)
    picture = np.full((side, side, 3), (110.0, 120.0, 125.0), np.float32)
    skin, hair = np.array((205.0, 160.0, 130.0)), np.array((50.0, 35.0, 28.0))
    shade = 1 - 0.3 * ((x - 48) / 30) ** 2 - 0.1 * (y - 48) / 40

    def lay(at: tuple[float, float], size: tuple[float, float], colour: object, edge: float, weight: float = 1.0) -> None:
        spot = np.clip((1 - np.hypot((x - at[0]) / size[0], (y - at[1]) / size[1])) / edge + 0.5, 0, 1) * weight
        picture[:] = picture * (1 - spot[..., None]) + spot[..., None] * np.asarray(colour)

    lay((48, 100), (40, 26), (50, 55, 75), 0.3)
    lay((48, 82), (12, 18), skin * 0.75, 0.3)
    lay((48, 44), (26, 32), hair, 0.25)
    lay((48, 50), (19, 26), skin * shade[..., None], 0.2)
    for across in (-1, 1):
        eye = 48 + across * 8.5
        lay((eye, 46), (6.75, 4.4), skin * 0.5, 0.8, 0.5)
        lay((eye, 46), (4.5, 2.2), (225, 220, 215), 0.4, 0.8)
        lay((eye, 46), (2.42, 2.42), (30, 22, 20), 0.5)
        lay((eye, 40), (5.85, 1.6), hair * 0.8, 0.6, 0.9)
        lay((48 + across * 2.6, 56), (1.8, 1.3), skin * 0.35, 0.6, 0.7)
    lay((51, 50), (2.5, 9), skin * 0.7, 0.9, 0.5)
    lay((47, 49), (1.6, 8), np.minimum(255, skin * 1.15), 0.9, 0.3)
    lay((48, 64), (8, 2.8), (165, 85, 85), 0.5, 0.9)
    lay((48, 64), (8, 1), (70, 25, 25), 0.5, 0.8)
    lay((48, 70), (6, 2), skin * 0.6, 0.9, 0.3)
    return Image.fromarray(np.clip(picture, 0, 255).astype(np.uint8))


def film_of(path: Path, picture: Image.Image, frames: int = 8) -> Path:
    """The picture, standing still."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(8))
        stream.width, stream.height, stream.pix_fmt = *picture.size, "yuv420p"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_image(picture)))
        container.mux(stream.encode(None))
    return path
