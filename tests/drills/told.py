"""What a drill says when it is over."""

from dataclasses import dataclass, field
from typing import Protocol

from .ground import Ground


@dataclass(frozen=True)
class Outcome:
    """`figure`: what was measured or counted, in words. `problems`: everything that is not as promised; none when all is well. `metrics`:
    what was scraped meanwhile, by name."""

    figure: str
    problems: list[str]
    metrics: list[dict[str, float]] = field(default_factory=list)


class Play(Protocol):
    def __call__(self, ground: Ground, *, quick: bool) -> Outcome: ...
