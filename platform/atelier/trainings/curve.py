"""The loss over the steps, and the fixed validation, as points, as a drawing and as a table."""

from dataclasses import dataclass
from uuid import UUID

from atelier.library.models import Curve, Point

WIDTH, HEIGHT = 640, 240
MOST_LINES = 24

# So many points of a loss are kept at most, whatever the number of steps.
MOST_POINTS = 400

Pair = tuple[int, float]


class Thinned:
    """The losses of every step, as few points."""

    def __init__(self, steps: int) -> None:
        self.steps, self.every = steps, -(-steps // MOST_POINTS)
        self._since: list[float] = []

    def add(self, step: int, loss: float) -> float | None:
        """The mean loss since the last point, where this step is due one."""
        self._since.append(loss)
        if step != self.steps and step % self.every:
            return None
        mean = sum(self._since) / len(self._since)
        self._since.clear()
        return mean


@dataclass(frozen=True)
class Curves:
    """`steps`: how far the axis goes."""

    loss: tuple[Pair, ...]
    validation: tuple[Pair, ...]
    steps: int

    @property
    def any(self) -> bool:
        return bool(self.loss or self.validation)

    @property
    def data(self) -> dict[str, object]:
        """For the chart in the browser."""
        return {"loss": self.loss, "validation": self.validation, "steps": self.steps}

    @property
    def path(self) -> str:
        """The loss as a line in a box of WIDTH by HEIGHT."""
        return "M" + " L".join(f"{x:.1f} {y:.1f}" for x, y in map(self._place, self.loss)) if self.loss else ""

    @property
    def dots(self) -> list[tuple[float, float]]:
        return [(round(x, 1), round(y, 1)) for x, y in map(self._place, self.validation)]

    @property
    def lowest(self) -> float:
        return min((value for _, value in (*self.loss, *self.validation)), default=0.0)

    @property
    def highest(self) -> float:
        return max((value for _, value in (*self.loss, *self.validation)), default=1.0)

    @property
    def table(self) -> list[tuple[int, float | None, float | None]]:
        """(step, loss, validation), few enough to read."""
        every = max(1, len(self.loss) // MOST_LINES)
        shown = dict(self.loss[::every]) | dict(self.loss[-1:])
        held = dict(self.validation)
        return [(step, shown.get(step), held.get(step)) for step in sorted(shown.keys() | held.keys())]

    def _place(self, pair: Pair) -> tuple[float, float]:
        step, value = pair
        reach = self.highest - self.lowest or 1.0
        return step / max(1, self.steps) * WIDTH, 8 + (1 - (value - self.lowest) / reach) * (HEIGHT - 16)


def curves(training: UUID, steps: int) -> Curves:
    found = list(Point.objects.filter(training=training).values_list("curve", "step", "value"))
    loss, validation = (
        tuple((step, round(value, 5)) for name, step, value in found if name == curve) for curve in (Curve.LOSS, Curve.VALIDATION)
    )
    return Curves(loss, validation, steps)
