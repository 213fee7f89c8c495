"""A picture for a base model that has none yet: ridges under a sky, drawn from its digest, so always the same for the same weights."""

from dataclasses import dataclass
from hashlib import sha256
from itertools import pairwise

WIDTH, HEIGHT, POINTS, RIDGES = 478, 200, 6, 4


@dataclass(frozen=True)
class Ridge:
    path: str
    colour: str


@dataclass(frozen=True)
class Poster:
    """Coordinates in a box of 478 by 200, the 2.39 : 1 of the wide screen."""

    name: str  # of its gradients, unique to it on a page
    high: str
    low: str
    sun: str
    x: int
    y: int
    r: int
    ridges: tuple[Ridge, ...]


def poster(digest: str) -> Poster:
    noise = sha256(digest.encode()).digest()
    hue = (noise[0] * 360 // 256 + 200) % 360
    warm = (hue + 60 + noise[1] % 80) % 360
    ridges = tuple(_ridge(noise[8 + i * POINTS : 8 + (i + 1) * POINTS], i, hue) for i in range(RIDGES))
    return Poster(
        name=f"sky-{noise.hex()[:8]}",
        high=f"oklch(0.27 0.07 {hue})",
        low=f"oklch(0.76 0.11 {warm})",
        sun=f"oklch(0.94 0.075 {warm})",
        x=80 + noise[2] * (WIDTH - 160) // 256,
        y=62 + noise[3] % 40,
        r=15 + noise[4] % 13,
        ridges=ridges,
    )


def _ridge(noise: bytes, number: int, hue: int) -> Ridge:
    """A smooth line through as many heights as there are bytes, lower and darker the nearer it is."""
    base, swing = 88 + number * 27, 44 - number * 6
    step = WIDTH / (len(noise) - 1)
    points = [(round(i * step), round(base + swing * (byte / 255 - 0.5))) for i, byte in enumerate(noise)]
    curves = [f"C{(x0 + x1) // 2} {y0} {(x0 + x1) // 2} {y1} {x1} {y1}" for (x0, y0), (x1, y1) in pairwise(points)]
    path = f"M0 {points[0][1]} {' '.join(curves)} V{HEIGHT} H0 Z"
    return Ridge(path, f"oklch({0.47 - number * 0.1:.2f} {0.055 - number * 0.008:.3f} {hue})")
