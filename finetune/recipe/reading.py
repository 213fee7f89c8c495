"""Reads shape, colour, motion and background back from a clip by plain image analysis: the examiner of the tiny base.

It knows the drawing rules and nothing of the model. How often it is right about clips that were really drawn is reported beside every
result (`accuracy`), for no base can be measured more finely than its examiner sees.
"""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.data import drawn

Floats = NDArray[np.float32]
FIELDS = ("colour", "background", "shape", "motion")

LEAST_CONTRAST = 0.22
LEAST_PIXELS = 6.0
# Area of each shape in its radius squared, from the distance functions of `drawn`.
AREA = {"circle": np.pi, "square": (2 * 0.88) ** 2, "triangle": 3 * np.sqrt(3) * 0.62**2}
# Half frames that count as one unit of motion, and the growth (in natural logarithms of the area) that counts as much.
TRAVEL, GROWTH = 0.9, 1.6


@dataclass(frozen=True)
class Reading:
    """`None` where nothing that stands out from the background was found."""

    colour: str | None
    background: str
    shape: str | None
    motion: str | None

    def fits(self, caption: str) -> dict[str, bool]:
        """For each field whether the caption says the same."""
        _, colour, shape, *motion, _, _, background, _ = caption.split()
        said = {"colour": colour, "background": background, "shape": shape, "motion": " ".join(motion)}
        return {field: getattr(self, field) == said[field] for field in FIELDS}


def read(frames: NDArray[np.uint8]) -> Reading:
    """frames: (T, H, W, 3) RGB."""
    clip: Floats = (frames / np.float32(255)).astype(np.float32)
    ground = _ground(clip)
    background = "light" if ground.mean() > 0.5 else "dark"
    away = clip - ground
    distance = np.sqrt((away**2).sum(-1))
    cover = np.where(distance > LEAST_CONTRAST, distance / max(float(np.quantile(distance, 0.995)), LEAST_CONTRAST), 0).clip(0, 1)
    areas = cover.sum((1, 2))
    if areas.mean() < LEAST_PIXELS:
        return Reading(None, background, None, None)
    return Reading(_colour(away, cover, ground), background, _shape(cover), _motion(cover, areas))


def _ground(clip: Floats) -> Floats:
    """The colour of the frame's edge, (3,): shapes keep away from it most of the time."""
    edge = np.concatenate(
        [clip[:, :2].reshape(-1, 3), clip[:, -2:].reshape(-1, 3), clip[:, :, :2].reshape(-1, 3), clip[:, :, -2:].reshape(-1, 3)]
    )
    return np.median(edge, axis=0)


def _colour(away: Floats, cover: Floats, ground: Floats) -> str:
    """The colour whose direction from the ground is nearest to that of what stands out."""
    seen = (away * cover[..., None]).sum((0, 1, 2))
    directions = {name: np.array(rgb, np.float32) - ground for name, rgb in drawn.COLOURS.items()}
    return max(directions, key=lambda name: float(seen @ directions[name] / np.linalg.norm(directions[name])))


def _centres(cover: Floats) -> tuple[Floats, Floats]:
    """x and y of each frame's middle, in half frames from the centre."""
    size = cover.shape[1]
    axis = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
    weight = np.maximum(cover.sum((1, 2)), 1e-6)
    return (cover * axis[None, None, :]).sum((1, 2)) / weight, (cover * axis[None, :, None]).sum((1, 2)) / weight


def _motion(cover: Floats, areas: Floats) -> str:
    present = areas > LEAST_PIXELS / 2
    if present.sum() < 3:
        return "growing"
    t = np.linspace(-0.5, 0.5, len(areas))[present]
    x, y = (_slope(t, centre[present]) for centre in _centres(cover))
    grown = _slope(t, np.log(areas[present]))
    scores = {
        "moving right": x / TRAVEL,
        "moving left": -x / TRAVEL,
        "moving down": y / TRAVEL,
        "moving up": -y / TRAVEL,
        "growing": grown / GROWTH,
    }
    return max(scores, key=lambda name: scores[name])


def _slope(t: NDArray[np.float64], values: Floats) -> float:
    return float(np.polyfit(t, values, 1)[0])


def _shape(cover: Floats) -> str:
    """The shape whose outline of the same area about the same middle covers it best, over all frames."""
    size = cover.shape[1]
    axis = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
    xs, ys = _centres(cover)
    scores = dict.fromkeys(drawn.SHAPES, 0.0)
    for frame, x, y in zip(cover, xs, ys, strict=True):
        area = float(frame.sum()) * (2 / size) ** 2
        for name, outline in drawn.SHAPES.items():
            radius = np.full((1, 1), np.sqrt(area / AREA[name]), np.float32)
            drawn_so = np.clip(0.5 - outline(axis[None, :] - x, axis[:, None] - y, radius) * (size / 2), 0, 1)
            scores[name] += float(np.minimum(frame, drawn_so).sum() / max(np.maximum(frame, drawn_so).sum(), 1e-6))
    return max(scores, key=lambda name: scores[name])


def shares(readings: list[tuple[Reading, str]]) -> dict[str, float]:
    """Of each field, how many of these clips show what their caption says, from 0 to 1."""
    fits = [reading.fits(caption) for reading, caption in readings]
    return {field: round(sum(fit[field] for fit in fits) / len(fits), 4) for field in FIELDS}


def accuracy(seed: int, count: int, *, frames: int, size: int) -> dict[str, float]:
    """How often the examiner itself is right, on clips that were really drawn."""
    rng = random.Random(f"{seed}/examiner")
    scenes = [drawn.scene(rng) for _ in range(count)]
    return shares([(read(drawn.render(scene, frames=frames, size=size)), scene.caption) for scene in scenes])
