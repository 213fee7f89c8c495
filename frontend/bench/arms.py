"""The words that every bench of this repository uses."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Arm:
    """`ratio` is what was measured as a share of the limit."""

    name: str
    against: str
    ratio: float
    target: float
    better: str
    n: int
    status: str
    why: str

    @property
    def line(self) -> str:
        return f"{self.status:8} {self.ratio:>9.3g}  (target 1, lower, n {self.n})  {self.name}: {self.why}, limit {self.against}"


@dataclass(frozen=True)
class Figure:
    """What was measured `n` times, and what it may be at most, in the same unit."""

    name: str
    limit: float
    unit: str
    measured: float
    n: int

    @property
    def arm(self) -> Arm:
        """A limit of nought is held by nothing but nought."""
        ratio = float(f"{self.measured / self.limit:.3g}") if self.limit else 1 + self.measured
        status = "ok" if self.measured <= self.limit else "short"
        limit, measured = (f"{value:.4g} {self.unit}".strip() for value in (self.limit, self.measured))
        return Arm(self.name, limit, ratio, 1.0, "lower", self.n, status, measured)
