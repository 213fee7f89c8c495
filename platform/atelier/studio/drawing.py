"""Bars for pages: plain geometry that templates write as SVG. Colours are classes of the style sheet, words are HTML around the drawing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

HEIGHT, PITCH, GAP = 100, 10, 2
COLOURS = 6
# Longer than this, bars stand for weeks and then for months.
LONGEST_IN_DAYS, LONGEST_IN_WEEKS = 31, 182
MOST_BARS = 240


@dataclass(frozen=True)
class Slab:
    """One part of one bar. `colour` is the number of its class."""

    y: float
    height: float
    colour: int


@dataclass(frozen=True)
class Bar:
    at: date
    x: int
    slabs: tuple[Slab, ...]
    amounts: tuple[int, ...]

    @property
    def total(self) -> int:
        return sum(self.amounts)


@dataclass(frozen=True)
class Series:
    name: str
    colour: int
    total: int


@dataclass(frozen=True)
class Chart:
    bars: tuple[Bar, ...]
    series: tuple[Series, ...]
    step: str

    @property
    def width(self) -> int:
        return len(self.bars) * PITCH

    @property
    def height(self) -> int:
        return HEIGHT

    @property
    def bar(self) -> int:
        return PITCH - GAP

    @property
    def highest(self) -> Bar:
        return max(self.bars, key=lambda bar: bar.total)

    @property
    def top(self) -> int:
        return self.highest.total

    @property
    def total(self) -> int:
        return sum(bar.total for bar in self.bars)

    @property
    def middle(self) -> date:
        return self.bars[len(self.bars) // 2].at


def step_for(first: date, last: date) -> str:
    days = (last - first).days + 1
    return "day" if days <= LONGEST_IN_DAYS else "week" if days <= LONGEST_IN_WEEKS else "month"


def starts(first: date, last: date, step: str) -> list[date]:
    """The first days of every day, week (Monday) or month from `first` to `last`; the newest MOST_BARS of them."""
    at, found = _start(first, step), []
    while at <= last:
        found.append(at)
        at = _start(at + timedelta(days={"day": 1, "week": 7, "month": 31}[step]), step)
    return found[-MOST_BARS:]


def stacked(amounts: Mapping[tuple[date, UUID], int], names: Mapping[UUID, str], dates: Sequence[date], step: str) -> Chart:
    """A bar for each date, a slab for each name. The largest come first; what has no colour of its own shares the last one."""
    sums = {each: sum(amount for (_, one), amount in amounts.items() if one == each) for each in {one for _, one in amounts}}
    order = sorted(sums, key=lambda each: (-sums[each], names[each]))
    series = tuple(Series(names[each], min(place, COLOURS - 1), sums[each]) for place, each in enumerate(order))
    rows = [tuple(amounts.get((at, each), 0) for each in order) for at in dates]
    top = max(map(sum, rows), default=0) or 1
    bars = [
        Bar(at, place * PITCH + GAP // 2, _slabs(row, series, top), row) for place, (at, row) in enumerate(zip(dates, rows, strict=True))
    ]
    return Chart(tuple(bars), series, step)


def spark(amounts: Sequence[int], dates: Sequence[date] = ()) -> Chart:
    """One small series."""
    days = list(dates) or [date.min + timedelta(days=n) for n in range(len(amounts))]
    top, series = max(amounts, default=0) or 1, (Series("", 0, sum(amounts)),)
    bars = [
        Bar(at, place * PITCH + GAP // 2, _slabs((n,), series, top), (n,)) for place, (at, n) in enumerate(zip(days, amounts, strict=True))
    ]
    return Chart(tuple(bars), series, "day")


def _slabs(row: Sequence[int], series: Sequence[Series], top: int) -> tuple[Slab, ...]:
    found, y = [], float(HEIGHT)
    for amount, one in zip(row, series, strict=True):
        if amount > 0:
            height = round(amount / top * HEIGHT, 2)
            y = round(y - height, 2)
            found.append(Slab(y, height, one.colour))
    return tuple(found)


def _start(day: date, step: str) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day
