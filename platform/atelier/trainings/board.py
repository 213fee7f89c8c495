"""A sweep as its page shows it: the runs beside each other, curves on one chart, previews by prompt, what differs, what it costs."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from atelier.library.models import Preview
from atelier.licences.queries import database_now, seconds_left

from .curve import HEIGHT, WIDTH, Curves, Pair, curves
from .models import Quote, Sweep, Training
from .states import OPEN

# What a quote holds beside its knobs and may differ in as well.
SEED = "seed"


@dataclass(frozen=True)
class Run:
    """One of the runs; `training` is None until the sweep is started. `number` from 1, also of its line in the chart."""

    number: int
    quote: Quote
    training: Training | None
    curves: Curves
    samples: dict[int, Preview]

    @property
    def validation(self) -> float | None:
        return self.curves.validation[-1][1] if self.curves.validation else None


@dataclass(frozen=True)
class Setting:
    """In which the runs differ, with the value of each."""

    name: str
    values: tuple[Any, ...]


@dataclass(frozen=True)
class Strip:
    """A prompt, and what each run makes of it last."""

    number: int
    prompt: str
    cells: tuple[tuple[Run, Preview | None], ...]


class Board:
    def __init__(self, sweep: Sweep) -> None:
        self.sweep = sweep

    @cached_property
    def runs(self) -> list[Run]:
        quotes = self.sweep.quotes.select_related("licence__revision__tier__offering__version").order_by("pk")
        started = {row.quote_id: row for row in Training.objects.filter(quote__sweep=self.sweep).select_related("quote")}
        return [self._run(number, quote, started.get(quote.pk)) for number, quote in enumerate(quotes, 1)]

    def _run(self, number: int, quote: Quote, training: Training | None) -> Run:
        if training is None:
            return Run(number, quote, None, Curves((), (), 1), {})
        samples = {sample.place: sample for sample in Preview.objects.filter(training=training.pk).order_by("step")}
        return Run(number, quote, training, curves(training.pk, training.steps), samples)

    @property
    def started(self) -> bool:
        return any(run.training for run in self.runs)

    @property
    def open(self) -> bool:
        return any(run.training and run.training.state in OPEN for run in self.runs)

    @property
    def ceiling(self) -> int:
        return sum(run.quote.seconds for run in self.runs)

    @property
    def charged(self) -> int:
        return sum(run.training.captured for run in self.runs if run.training)

    @cached_property
    def left(self) -> int:
        """Of the licence's training time, before they start."""
        return seconds_left(self.runs[0].quote.licence)

    @property
    def expired(self) -> bool:
        return any(run.quote.expires_at <= database_now() for run in self.runs)

    @property
    def may_start(self) -> bool:
        return not self.started and not self.expired and self.ceiling <= self.left

    @cached_property
    def settings(self) -> list[Setting]:
        names = sorted({name for run in self.runs for name in run.quote.knobs})
        every = [Setting(name, tuple(run.quote.knobs.get(name) for run in self.runs)) for name in names]
        every.append(Setting(SEED, tuple(run.quote.seed for run in self.runs)))
        return [setting for setting in every if len(set(map(str, setting.values))) > 1]

    @cached_property
    def lines(self) -> list[tuple[int, str, list[tuple[float, float]]]]:
        """Of each run its number, its loss as a path, and its validation as points, all on one scale."""
        found = [run for run in self.runs if run.curves.any]
        scale = _Scale(list(_pairs(found)))
        return [(run.number, scale.path(run.curves.loss), [scale.place(pair) for pair in run.curves.validation]) for run in found]

    @cached_property
    def strips(self) -> list[Strip]:
        prompts = self.runs[0].quote.previews if self.runs else []
        every = (Strip(place + 1, asked["prompt"], self._cells(place)) for place, asked in enumerate(prompts))
        return [strip for strip in every if any(cell for _, cell in strip.cells)]

    def _cells(self, place: int) -> tuple[tuple[Run, Preview | None], ...]:
        return tuple((run, run.samples.get(place)) for run in self.runs)

    @property
    def size(self) -> tuple[int, int]:
        """Of the clips: width and height."""
        knobs = self.runs[0].quote.knobs
        return knobs["width"], knobs["height"]


def _pairs(runs: list[Run]) -> Iterator[Pair]:
    for run in runs:
        yield from (*run.curves.loss, *run.curves.validation)


class _Scale:
    """A box of WIDTH by HEIGHT that all of the points fit into."""

    def __init__(self, pairs: list[Pair]) -> None:
        self.furthest = max((step for step, _ in pairs), default=1) or 1
        values = [value for _, value in pairs] or [0.0]
        self.lowest, self.reach = min(values), (max(values) - min(values)) or 1.0

    def place(self, pair: Pair) -> tuple[float, float]:
        step, value = pair
        return round(step / self.furthest * WIDTH, 1), round(8 + (1 - (value - self.lowest) / self.reach) * (HEIGHT - 16), 1)

    def path(self, pairs: tuple[Pair, ...]) -> str:
        return "M" + " L".join("{} {}".format(*self.place(pair)) for pair in pairs) if pairs else ""
