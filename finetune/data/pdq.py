"""PDQ, the perceptual hash that Meta published (github.com/facebook/ThreatExchange, pdq): 256 bits of how a picture is laid out.

Written from its description. Every picture is brought to 128 x 128 pixels first, where PDQ needs no blur before it looks; a hash is then
that of the reference programme for the same 128 x 128 pixels, but for a bit or two that rounding decides.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 128
GRID, WAVES = 64, 16
BITS = WAVES * WAVES
BRIGHTNESS = np.array((0.299, 0.587, 0.114), np.float32)

MATCH = 31
"""At most so many bits apart, two pictures are taken for one: the distance its authors recommend."""
TELLING = 50
"""A picture of less quality is too plain for its hash to say anything: the authors' bar."""


def _waves() -> NDArray[np.float32]:
    """(WAVES, GRID): the cosines of the transform, without the constant one."""
    angles = np.outer(np.arange(1, WAVES + 1), 2 * np.arange(GRID) + 1) * (np.pi / (2 * GRID))
    return (np.sqrt(2 / GRID) * np.cos(angles)).astype(np.float32)


COSINES = _waves()


def hashed(picture: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], int]:
    """(H, W, 3) RGB to its hash, 32 bytes, and its quality from 0 to 100."""
    grid = _grid(picture)
    waves = COSINES @ grid @ COSINES.T
    return np.packbits((waves > np.median(waves)).ravel()[::-1]), _quality(grid)


def prints(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(T, H, W, 3) to (T, 33): of each frame its hash and, in the last byte, the hash's quality."""
    return np.stack([np.append(*hashed(frame)) for frame in frames]).astype(np.uint8)


def _grid(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(GRID, GRID) of brightness, from the middles of equal squares."""
    if picture.shape[:2] != (SIDE, SIDE):
        picture = np.asarray(Image.fromarray(picture).resize((SIDE, SIDE), Image.Resampling.BICUBIC))
    step = SIDE // GRID
    return picture[step // 2 :: step, step // 2 :: step].astype(np.float32) @ BRIGHTNESS


def _quality(grid: NDArray[np.float32]) -> int:
    """How much neighbours differ, in hundredths of full brightness, each cut to a whole number."""
    total = sum(int(np.abs(np.trunc(np.diff(grid, axis=axis) * 100 / 255)).sum()) for axis in (0, 1))
    return min(100, total // 90)


def apart(some: NDArray[np.uint8], others: NDArray[np.uint8]) -> NDArray[np.int64]:
    """(n, 32) and (m, 32) to the bits in which each pair differs, (n, m)."""
    one, other = (np.unpackbits(each, axis=1).astype(np.float32) for each in (some, others))
    return (one @ (1 - other).T + (1 - one) @ other.T).round().astype(np.int64)
