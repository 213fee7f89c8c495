"""The style score: how much a clip looks like one drawn style rather than like the plain scenes that the tiny base learned from.

Defined before any training was judged by it. Features of a clip: its colours, and how its edges are directed. From clips really drawn,
in the style and plain, comes Fisher's linear discriminant (ridge-regularised); the score is the clip's place along it, scaled so that
plain clips have mean 0 and clips in the style mean 1. Reported with the number of pooled standard deviations between two sets of clips
(Cohen's d).
"""

import random
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finetune.data import drawn

Frames = NDArray[np.uint8]
Floats = NDArray[np.float64]

LEVELS = 4
DIRECTIONS = 8
EXAMPLES = 300
RIDGE = 1e-3


def features(frames: Frames) -> Floats:
    """(T, H, W, 3) RGB to (LEVELS^3 + DIRECTIONS,): shares of pixels by colour, and of edge strength by direction."""
    binned = (frames.astype(np.int64) * LEVELS) // 256
    colours = np.bincount(((binned[..., 0] * LEVELS + binned[..., 1]) * LEVELS + binned[..., 2]).ravel(), minlength=LEVELS**3)
    grey = frames.astype(np.float64).mean(-1) / 255
    down, across = np.gradient(grey, axis=(1, 2))
    strength = np.hypot(down, across)
    direction = (np.mod(np.arctan2(down, across), np.pi) * DIRECTIONS / np.pi).astype(np.int64) % DIRECTIONS
    edges = np.bincount(direction.ravel(), weights=strength.ravel(), minlength=DIRECTIONS)
    return np.concatenate([colours / colours.sum(), edges / max(grey.size, 1)])


@dataclass(frozen=True)
class Judge:
    """`weights` · features + `offset`."""

    weights: Floats
    offset: float

    def score(self, frames: Frames) -> float:
        return float(features(frames) @ self.weights + self.offset)


def judge(style: str, *, frames: int, size: int, seed: int = 0) -> Judge:
    """Fitted to clips that are drawn here, in the style and plain."""
    plain, styled = (_examples(name, frames, size, seed) for name in ("plain", style))
    within = np.cov(plain, rowvar=False) + np.cov(styled, rowvar=False)
    ridge = RIDGE * np.trace(within) / len(within) + 1e-9
    weights = np.linalg.solve(within + ridge * np.eye(len(within)), styled.mean(0) - plain.mean(0))
    low, high = float(plain.mean(0) @ weights), float(styled.mean(0) @ weights)
    return Judge(weights / (high - low), -low / (high - low))


def effect(base: list[float], custom: list[float]) -> float:
    """Difference of the means in pooled standard deviations."""
    spread = np.sqrt((np.var(base, ddof=1) + np.var(custom, ddof=1)) / 2)
    return float((np.mean(custom) - np.mean(base)) / max(float(spread), 1e-9))


def _examples(style: str, frames: int, size: int, seed: int) -> Floats:
    rng = random.Random(f"{seed}/style/{style}")
    return np.stack([features(drawn.render(drawn.scene(rng), frames=frames, size=size, style=style)) for _ in range(EXAMPLES)])
