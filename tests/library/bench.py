"""What it costs that a preview says of itself that it was generated: python -m tests.library.bench --json FILE [--quick].

A clip as a base of today makes it, and its still: signed with a time stamp, and read back by a reader that has our anchor.
"""

import io
import statistics
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import numpy as np

from atelier.library.provenance import keys, signing
from atelier.library.provenance.manifest import About
from frontend.bench import told
from frontend.bench.arms import Figure
from licensing import credentials, keyring

SIZE, FRAMES, FEW = (832, 480), 49, 9
ROUNDS = 25
LONGEST, MOST = 100.0, 16 << 10
SECOND = 1000.0


def main(arguments: list[str]) -> None:
    quick = f"{FEW} frames instead of {FRAMES}"
    told.command(arguments, measure, name="tests.library.bench", about="The signed manifest of a preview beside its limits.", quick=quick)


def measure(quick: bool) -> Iterator[Figure]:
    frames = FEW if quick else FRAMES
    files = {"clip": ("video/mp4", clip(frames)), "still": ("image/webp", still())}
    now = datetime.now(UTC)
    turn = credentials.begin(keyring.new_pem(), now, timedelta(days=1))
    ours = keys.Keys(credentials.identity(turn.previews), credentials.identity(turn.clock), turn.anchor.decode())
    about = About("prv_0", "Harbour", "2.0", now, {name: f"{name}_{'0' * 32}" for name in ("offering", "base", "training", "step")})
    for name, (media, data) in files.items():
        took = [told.seconds(lambda media=media, data=data: signing.signed(data, media, about, ours)) for _ in range(ROUNDS)]
        more = len(signing.signed(data, media, about, ours)[0]) - len(data)
        what = f"a {name} of {len(data):,} bytes, {SIZE[0]} x {SIZE[1]}{f', {frames} frames' if name == 'clip' else ''}"
        yield Figure(f"signing and reading back {what}", LONGEST, "ms", statistics.median(took) * SECOND, ROUNDS)
        yield Figure(f"what the manifest adds to {what}", MOST, "bytes", more, 1)


def picture(number: int) -> av.VideoFrame:
    """Soft shapes that move, with some grain, which is what a preview weighs like."""
    down, across = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    grain = np.random.default_rng(number).normal(0, 4, (SIZE[1], SIZE[0], 1))
    colours = [127 + 100 * np.sin((across + turn * down + 9 * number) / (60 + 20 * turn)) for turn in range(3)]
    return av.VideoFrame.from_ndarray(np.clip(np.stack(colours, -1) + grain, 0, 255).astype(np.uint8), format="rgb24")


def clip(frames: int) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder, "clip.mp4")
        with av.open(str(path), "w") as container:
            stream = container.add_stream("libx264", rate=16)
            stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
            for number in range(frames):
                container.mux(stream.encode(picture(number)))
            container.mux(stream.encode(None))
        return path.read_bytes()


def still() -> bytes:
    made = io.BytesIO()
    picture(0).to_image().save(made, "WEBP", quality=82)
    return made.getvalue()


if __name__ == "__main__":
    main(sys.argv[1:])
