"""Sizes of about equal area, so that a wide clip trains wide and an upright one upright: a pure rule of the job's own size."""

from fractions import Fraction
from math import log, sqrt

from finetune.job import Knobs

ASPECTS = (9 / 16, 3 / 4, 1.0, 4 / 3, 16 / 9)
WIDEST = 2.0
LEAST_AREA = Fraction(4, 5)

Size = tuple[int, int]
"""Height and width in pixels."""


def of(knobs: Knobs, multiple: int) -> tuple[Size, ...]:
    """What a job's clips may be trained at; its own size alone unless it asks for `aspects`."""
    return sizes(knobs.height, knobs.width, multiple) if knobs.aspects else ((knobs.height, knobs.width),)


def sizes(height: int, width: int, multiple: int) -> tuple[Size, ...]:
    """The job's own size first, then for each of ASPECTS the nearest size whose sides divide by `multiple`.

    None has a larger area than the job's own, so none takes more memory than its trial steps took, and none less than LEAST_AREA of it.
    """
    area = height * width
    first, last = (round(side) // multiple * multiple for side in (sqrt(area / WIDEST), sqrt(area * WIDEST)))
    widest = [(side, area // side // multiple * multiple) for side in range(max(first, multiple), last + 1, multiple)]
    fitting = [size for size in widest if size[0] * size[1] >= LEAST_AREA * area] or [(height, width)]
    found = {min(fitting, key=lambda size: (_apart(size, aspect), size)) for aspect in ASPECTS}
    return (height, width), *sorted(found - {(height, width)})


def nearest(among: tuple[Size, ...], *, height: int, width: int) -> Size:
    """Of several equally near, the first."""
    return min(among, key=lambda size: _apart(size, width / height))


def _apart(size: Size, aspect: float) -> float:
    """How many times wider or narrower, as a logarithm; rounded, so that equals are equal on every machine."""
    return round(abs(log(size[1] / size[0] / aspect)), 9)
