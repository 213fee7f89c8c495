"""Whether a preview was learned by heart: the training frame that is nearest to it, by two measures that do not share their blind spots.

PDQ compares the layout of each frame and says nothing of plain pictures. The embedding is the VAE's latent of each moment, averaged down to
GRID x GRID, less the mean of all training moments, and compared by its cosine: it sees colours and plain pictures, and as the model
itself speaks in latents, what the VAE blurs does not hide a copy from it.

Clips that are held out are measured too. Where they, which the model never saw, come as near as a copy would, the clips are so alike that
nothing can be told, and that is what is said.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from finetune.data import pdq
from finetune.data.encode import Encoded
from finetune.data.windows import Window

COSINE = 0.9
"""Measured with the tiny base on drawn clips in styles that it never saw, as the median over a clip's moments. What its VAE makes of a
training clip: 0.956 or more. Previews of a run of 300 steps over two clips, for their captions: 0.91 and 0.88; for another caption: 0.15.
Of 198 clips drawn anew in the style of 24 others, with captions that none of those had, 13 came above 0.9."""
SHARE = 0.5
"""So much of a preview must be near, for the whole to count."""
GRID = 8
THRESHOLDS: dict[str, Any] = {
    "pdq_bits": pdq.MATCH,
    "pdq_quality": pdq.TELLING,
    "pdq_source": "recommended by the authors of PDQ",
    "cosine": COSINE,
    "cosine_source": "measured with the tiny base on drawn clips",
    "share": SHARE,
}

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Near:
    """`value` of the nearest pair, bits or a cosine; `share` of the moments that are as near as a copy; which clip, and its second.

    All but the share are None where nothing could be compared.
    """

    value: float | None = None
    share: float = 0.0
    clip: str | None = None
    at: float | None = None


@dataclass(frozen=True)
class Finding:
    """`says` is empty when there is nothing to say."""

    pdq: Near
    embedding: Near
    learned: bool
    says: str


@dataclass(frozen=True)
class Moment:
    clip: str
    at: float


class Gallery:
    """All that was trained on. `alike`: how much of the held-out clips is as near to it as a copy would be."""

    def __init__(self, windows: Sequence[Window], shown: Encoded, held_out: Encoded) -> None:
        telling = [row for window, prints in zip(windows, shown.prints, strict=True) for row in _telling(window, prints)]
        self._prints = np.array([print_ for print_, _ in telling], np.uint8).reshape(-1, pdq.BITS // 8)
        self._printed = [moment for _, moment in telling]
        looks = [_looks(latents) for latents in shown.latents]
        self._mean = np.concatenate(looks).mean(0)
        self._looks = _unit(np.concatenate(looks) - self._mean)
        self._looked = [_moment(window, i, len(each)) for window, each in zip(windows, looks, strict=True) for i in range(len(each))]
        shares = [self._nearest(*each).share for each in zip(held_out.prints, held_out.latents, strict=True)]
        self.alike = round(sum(shares) / len(shares), 3)

    def judge(self, frames: NDArray[np.uint8], latents: torch.Tensor) -> Finding:
        """A preview as frames (T, H, W, 3) and as the latents (C, T', H', W') that the VAE makes of them."""
        prints = torch.from_numpy(pdq.prints(frames))
        nearest = self._nearest(prints, latents)
        copied = nearest.share >= SHARE
        learned = copied and self.alike < SHARE
        says = _sentence(nearest) if learned else ALIKE if copied else ""
        return Finding(self._by_layout(prints), self._by_look(latents), learned, says)

    def _nearest(self, prints: torch.Tensor, latents: torch.Tensor) -> Near:
        """By the measure that finds more."""
        return max(self._by_layout(prints), self._by_look(latents), key=lambda near: near.share)

    def _by_layout(self, prints: torch.Tensor) -> Near:
        rows = prints.numpy()
        telling = rows[rows[:, -1] >= pdq.TELLING, :-1]
        if not len(telling) or not self._printed:
            return Near()
        bits = pdq.apart(telling, self._prints)
        least = bits.min(1)
        moment = self._printed[int(bits[least.argmin()].argmin())]
        return Near(float(least.min()), round(float((least <= pdq.MATCH).sum() / len(rows)), 3), moment.clip, moment.at)

    def _by_look(self, latents: torch.Tensor) -> Near:
        cosines = _unit(_looks(latents) - self._mean) @ self._looks.T
        most = cosines.max(1)
        moment = self._looked[int(cosines[most.argmax()].argmax())]
        return Near(round(float(most.max()), 4), round(float((most >= COSINE).mean()), 3), moment.clip, moment.at)


ALIKE = "Clips that were held out come as near to the training clips as this preview does: they are too alike to tell a copy."


def _sentence(nearest: Near) -> str:
    return (
        f"This preview looks learned by heart: {nearest.share:.0%} of it is as near as a copy to what was trained on, nearest "
        f"{nearest.clip} at {nearest.at:.1f} s. Take fewer steps, a lower rank or more clips."
    )


def _telling(window: Window, prints: torch.Tensor) -> list[tuple[NDArray[np.uint8], Moment]]:
    rows = prints.numpy()
    return [(row[:-1], _moment(window, i, len(rows))) for i, row in enumerate(rows) if row[-1] >= pdq.TELLING]


def _moment(window: Window, index: int, count: int) -> Moment:
    """The second in its clip of moment `index` of the `count` that the window has."""
    lasts = (window.frames - 1) / window.fps if window.fps else 0.0
    return Moment(window.clip.file, round(window.start + lasts * index / max(1, count - 1), 2))


def _looks(latents: torch.Tensor) -> Floats:
    """(C, T, H, W) to (T, C * GRID * GRID)."""
    pooled = functional.adaptive_avg_pool2d(latents.float().cpu().transpose(0, 1), GRID)
    return pooled.flatten(1).nan_to_num().numpy()


def _unit(rows: Floats) -> Floats:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-6)).astype(np.float32)
