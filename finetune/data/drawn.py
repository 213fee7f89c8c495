"""Captioned clips drawn by rule: the tiny base learns from them, and the demo brings some in a style the base never saw.

A scene is one shape, one colour, one motion and one background; the caption says all four. Everything here is ours: no
footage, no fonts, no pictures from anywhere.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

COLOURS: dict[str, tuple[float, float, float]] = {
    "red": (0.90, 0.15, 0.15),
    "green": (0.15, 0.80, 0.25),
    "blue": (0.20, 0.35, 0.95),
    "yellow": (0.95, 0.85, 0.15),
}
BACKGROUNDS: dict[str, tuple[float, float, float]] = {"dark": (0.08, 0.08, 0.10), "light": (0.88, 0.88, 0.85)}
MOTIONS = ("moving right", "moving left", "moving up", "moving down", "growing")


def _circle(x: Floats, y: Floats, r: Floats) -> Floats:
    return np.sqrt(x * x + y * y) - r


def _square(x: Floats, y: Floats, r: Floats) -> Floats:
    return np.maximum(np.abs(x), np.abs(y)) - r * np.float32(0.88)


def _triangle(x: Floats, y: Floats, r: Floats) -> Floats:
    """Upright, its three edges at distance r/2 from the centre (y grows downward)."""
    edge = np.float32(0.62) * r
    return np.maximum(y - edge, np.float32(0.8660254) * np.abs(x) - np.float32(0.5) * y - edge)


SHAPES: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {"circle": _circle, "square": _square, "triangle": _triangle}


@dataclass(frozen=True)
class Scene:
    """Lengths are in half frames: the visible square runs from -1 to 1 on both axes, y downward."""

    shape: str
    colour: str
    motion: str
    background: str
    radius: float
    x: float
    y: float
    travel: float

    @property
    def caption(self) -> str:
        return f"a {self.colour} {self.shape} {self.motion} on a {self.background} background"


def captions() -> list[str]:
    """Every caption a scene can have."""
    return [
        f"a {colour} {shape} {motion} on a {background} background"
        for colour, shape, motion, background in product(COLOURS, SHAPES, MOTIONS, BACKGROUNDS)
    ]


def held_out() -> list[str]:
    """One motion of every colour, shape and background: the tiny base never sees these 24 captions, and is judged by them."""
    return [
        f"a {colour} {shape} {MOTIONS[(c + 2 * s + 3 * b) % len(MOTIONS)]} on a {background} background"
        for (c, colour), (s, shape), (b, background) in product(enumerate(COLOURS), enumerate(SHAPES), enumerate(BACKGROUNDS))
    ]


def scene(rng: random.Random) -> Scene:
    return Scene(
        shape=rng.choice(list(SHAPES)),
        colour=rng.choice(list(COLOURS)),
        motion=rng.choice(MOTIONS),
        background=rng.choice(list(BACKGROUNDS)),
        radius=rng.uniform(0.26, 0.40),
        x=rng.uniform(-0.3, 0.3),
        y=rng.uniform(-0.3, 0.3),
        travel=rng.uniform(0.9, 1.15),
    )


def _path(scene: Scene, t: Floats) -> tuple[Floats, Floats, Floats]:
    """Centre x, centre y and radius at times t from -0.5 to 0.5."""
    x, y, r = np.full_like(t, scene.x), np.full_like(t, scene.y), np.full_like(t, scene.radius)
    travelled = t * np.float32(scene.travel)
    match scene.motion:
        case "moving right":
            x = travelled
        case "moving left":
            x = -travelled
        case "moving up":
            y = -travelled
        case "moving down":
            y = travelled
        case "growing":
            r = np.float32(0.14) + (t + np.float32(0.5)) * np.float32(0.46)
        case other:
            raise ValueError(f"no such motion: {other}")
    return x, y, r


def _distance(scene: Scene, frames: int, size: int) -> tuple[Floats, Floats, Floats]:
    """Signed distance to the outline (frames, size, size), and the grid's x and y."""
    t = np.linspace(-0.5, 0.5, frames, dtype=np.float32).reshape(frames, 1, 1)
    axis = (np.arange(size, dtype=np.float32) + np.float32(0.5)) * np.float32(2 / size) - np.float32(1)
    gx, gy = axis.reshape(1, 1, size), axis.reshape(1, size, 1)
    x, y, r = _path(scene, t)
    return SHAPES[scene.shape](gx - x, gy - y, r), gx, gy


def _rgb(red: float, green: float, blue: float) -> Floats:
    return np.array((red, green, blue), np.float32)


def _mix(below: Floats, above: Floats, cover: Floats) -> Floats:
    return below + (above - below) * cover[..., None]


def _plain(scene: Scene, frames: int, size: int) -> Floats:
    distance, _, _ = _distance(scene, frames, size)
    cover = np.clip(0.5 - distance * (size / 2), 0, 1).astype(np.float32)
    ground = np.broadcast_to(_rgb(*BACKGROUNDS[scene.background]), (*distance.shape, 3))
    return _mix(ground, _rgb(*COLOURS[scene.colour]), cover)


def _neon(scene: Scene, frames: int, size: int) -> Floats:
    """A glowing outline over diagonal stripes of purple and teal."""
    distance, gx, gy = _distance(scene, frames, size)
    stripe = np.broadcast_to((((gx + gy) * np.float32(1.75)) % 1 > 0.5)[..., None], (*distance.shape, 1)).astype(np.float32)
    ground = _rgb(0.30, 0.05, 0.40) * (1 - stripe) + _rgb(0.05, 0.25, 0.35) * stripe
    colour = _rgb(*COLOURS[scene.colour])
    glow = np.exp(-np.abs(distance) * np.float32(9)) * np.float32(0.45)
    line = np.clip((0.10 - np.abs(distance)) * (size / 4) + 0.5, 0, 1).astype(np.float32)
    return _mix(_mix(ground, colour, glow), colour, line)


def _blueprint(scene: Scene, frames: int, size: int) -> Floats:
    """A hatched shape on blue squared paper."""
    distance, gx, gy = _distance(scene, frames, size)
    rule = np.minimum(np.abs((gx * 2) % 1 - 0.5), np.abs((gy * 2) % 1 - 0.5))
    paper = np.broadcast_to(np.clip((0.09 - rule) * 20, 0, 1), distance.shape).astype(np.float32)
    ground = _mix(np.broadcast_to(_rgb(0.05, 0.16, 0.45), (*distance.shape, 3)), _rgb(0.25, 0.42, 0.75), paper)
    hatch = (((gx - gy) * np.float32(3)) % 1 > 0.45).astype(np.float32)
    inside = np.clip(0.5 - distance * (size / 2), 0, 1).astype(np.float32)
    line = np.clip((0.05 - np.abs(distance)) * (size / 4) + 0.5, 0, 1).astype(np.float32)
    colour = _rgb(*COLOURS[scene.colour])
    return _mix(_mix(ground, colour, inside * hatch), _rgb(0.95, 0.97, 1.0), line)


STYLES: dict[str, Callable[[Scene, int, int], Floats]] = {"plain": _plain, "neon": _neon, "blueprint": _blueprint}


def render(scene: Scene, *, frames: int, size: int, style: str = "plain") -> NDArray[np.uint8]:
    """(frames, size, size, 3), RGB."""
    return (np.clip(STYLES[style](scene, frames, size), 0, 1) * 255 + 0.5).astype(np.uint8)
