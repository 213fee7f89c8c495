"""An upload through several kills of the object store: what arrives is what was sent."""

import threading
import time
from pathlib import Path
from tempfile import mkdtemp

import av
import numpy as np

from atelier.demo import upload, wire
from atelier.demo.trouble import Trouble

from .ground import Ground
from .told import Outcome

KILLS, QUICK_KILLS = 3, 1
SECONDS, QUICK_SECONDS = 40, 8
PATIENCE = 240.0


def play(ground: Ground, *, quick: bool) -> Outcome:
    clip = _noise(Path(mkdtemp(prefix="drill-upload-")) / "noise.mp4", QUICK_SECONDS if quick else SECONDS)
    facts = {"name": clip.name, "bytes": clip.stat().st_size, "sha256": upload.sha256(clip), "caption": "noise"}
    dataset = ground.bob.post("/datasets", {"name": "Upload"})["id"]
    asset = ground.bob.post(f"/datasets/{dataset}/assets", facts)
    sending = threading.Thread(target=_send, args=(ground, clip, asset), daemon=True)
    sending.start()
    killed = 0
    for _ in range(QUICK_KILLS if quick else KILLS):
        time.sleep(0.5)
        killed += sending.is_alive()
        ground.stack.restart("s3", kill=True)
    sending.join(PATIENCE)
    found = wire.until(lambda: _checked(ground, asset["id"]), within=PATIENCE, late="The check of the upload does not end.")
    problems = [] if found["state"] == "ready" else [f"it is {found['state']}: {found['problem']}"]
    if not killed:
        problems.append("it had arrived before the first kill")
    size, parts = clip.stat().st_size / 1e6, asset["part_count"]
    return Outcome(f"{size:.0f} MB in {parts} parts, {killed} kills on the way: {found['state']}", problems)


def _send(ground: Ground, clip: Path, asset: dict[str, object]) -> None:
    """As a client does that does not give up: parts that are there already stay."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            with wire.client() as store:
                upload.send(
                    store,
                    clip,
                    asset["part_count"],
                    lambda numbers: ground.bob.post(f"/assets/{asset['id']}/parts", {"numbers": numbers})["parts"],
                )
            ground.bob.post(f"/assets/{asset['id']}/complete")
            return
        except Trouble:
            time.sleep(0.5)


def _checked(ground: Ground, asset: str) -> dict[str, object] | None:
    found: dict[str, object] = ground.bob.get(f"/assets/{asset}")
    return None if found["state"] in ("uploading", "checking") else found


def _noise(path: Path, seconds: int) -> Path:
    """A film that no codec makes small, so that its upload takes a while."""
    rng = np.random.default_rng(0)
    with av.open(str(path), "w") as film:
        stream = film.add_stream("libx264", rate=8)
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        stream.options = {"crf": "10", "preset": "ultrafast"}
        for _ in range(seconds * 8):
            frame = av.VideoFrame.from_ndarray(rng.integers(0, 256, (360, 640, 3), dtype=np.uint8), format="rgb24")
            film.mux(stream.encode(frame))
        film.mux(stream.encode())
    return path
