"""The outer boxes of an .mp4 or .mov, walked without FFmpeg: a file that was cut off says so here, whichever end its index stands at."""

from pathlib import Path

from .unusable import Unusable

MOST_BOXES = 100_000


def require_whole(path: Path) -> None:
    """Raises Unusable("TRUNCATED") when a box reaches past the end of the file or the index is missing."""
    size, at, names = path.stat().st_size, 0, set()
    with path.open("rb") as file:
        for _ in range(MOST_BOXES):
            if at >= size:
                break
            file.seek(at)
            head = file.read(16)
            length, name = int.from_bytes(head[:4]), head[4:8]
            names.add(name)
            if length == 1:
                length = int.from_bytes(head[8:16])
            elif length == 0:
                length = size - at
            if length < 8 or at + length > size:
                raise Unusable("TRUNCATED", f"{size} of at least {at + length} bytes" if length >= 8 else "a box without a length")
            at += length
    if b"moov" not in names:
        raise Unusable("TRUNCATED", "its index is missing")
