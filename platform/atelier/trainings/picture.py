"""A training as its page shows it, from rows alone: whoever comes back, on whatever machine, sees all of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from django.conf import settings

from atelier.library.models import CustomModel, Preview
from atelier.licences.queries import database_now

from . import waiting, words
from .curve import Curves, curves
from .diary import Line, diary
from .models import Checkpoint, Training, Wish
from .queue import model_of
from .running import PAUSE_LIVES
from .states import ACTIVE, OPEN, TrainingState

# How far the pace so far is trusted for the steps to come, and the share of the estimate that what follows the last step may take.
SURE, AFTER = (0.9, 1.25), 0.1
# The bar on which the cost is drawn.
BAR = 600
# What is not signed by then is not waited for: it is there when the page is opened again.
SIGNING_SECONDS = 30
# More checkpoints than these are left out of the sheet of previews, evenly.
MOST_COLUMNS = 12
MOST_CHOICES = 40


@dataclass(frozen=True)
class Left:
    """Seconds that are still to come, from an interval."""

    low: float
    high: float

    def __str__(self) -> str:
        return words.between(self.low, self.high)


@dataclass(frozen=True)
class Strip:
    """One prompt: the bare base and what each checkpoint makes of it. `cells` has an entry, or None, for each of the steps."""

    number: int
    prompt: str
    cells: tuple[Preview | None, ...]

    @property
    def first(self) -> Preview | None:
        return next((cell for cell in self.cells if cell), None)

    @property
    def last(self) -> Preview | None:
        return next((cell for cell in reversed(self.cells) if cell), None)

    @property
    def comparable(self) -> bool:
        return self.first is not self.last


class Picture:
    def __init__(self, row: Training, now: datetime | None = None) -> None:
        self.row, self.quote, self.licence = row, row.quote, row.licence
        self.now = now or database_now()

    # Where it stands.

    @property
    def open(self) -> bool:
        return self.row.state in OPEN

    @property
    def active(self) -> bool:
        return self.row.state in ACTIVE

    @property
    def stepping(self) -> bool:
        return self.row.state == TrainingState.RUNNING

    @property
    def title(self) -> str:
        return str(words.TITLES[self.row.state])

    @property
    def why(self) -> str:
        return words.why(self.row)

    @property
    def next(self) -> str:
        return str(words.NEXTS.get(self.row.state, ""))

    @cached_property
    def wait(self) -> waiting.Wait | None:
        return waiting.of(self.row)

    @property
    def position(self) -> int | None:
        return self.wait.number if self.wait else None

    @property
    def waiting(self) -> str:
        """Its number in the line, and why it waits."""
        return f"{words.waiting(self.wait.number)} {words.waits(self.row, self.wait.why)}".strip() if self.wait else ""

    @property
    def begins(self) -> Left | None:
        """Until a worker has it; None while nobody can say."""
        if self.wait is None or self.wait.low is None or self.wait.high is None:
            return None
        return Left(self.wait.low, self.wait.high)

    @property
    def came_back(self) -> str:
        """Why a training that had begun waits again."""
        last = self.row.claims.order_by("-fence").first() if self.row.state == TrainingState.QUEUED else None
        return str(words.TURNS.get(last.outcome, words.ELSEWHERE)) if last else ""

    @property
    def heard(self) -> str:
        """When its worker gave a sign of life."""
        if self.row.lease_until is None:
            return ""
        beat = self.row.lease_until - timedelta(seconds=settings.TRAINING_LEASE_SECONDS)
        return words.heard((self.now - beat).total_seconds())

    @property
    def model(self) -> CustomModel | None:
        return model_of(self.row) if self.row.state == TrainingState.DONE else None

    @property
    def ending(self) -> words.Ending:
        return words.ending(self.row)

    @property
    def offers(self) -> list[str]:
        """What its owner may do with it now."""
        row = self.row
        stopping, chosen = row.wish == Wish.CANCEL, row.finish_at is not None
        free = not stopping and not chosen and row.state != TrainingState.FINISHING
        may = {
            "resume": row.state == TrainingState.PAUSED or row.wish == Wish.PAUSE,
            "pause": self.open and free and row.state != TrainingState.PAUSED and row.wish != Wish.PAUSE,
            "finish": bool(self.reached) and (row.state == TrainingState.CANCELLED or (self.open and free)),
            "cancel": self.open and not stopping,
        }
        return [name for name, is_so in may.items() if is_so]

    @property
    def reached(self) -> int:
        """The step that would be the result now."""
        return self.row.step if self.active else max(self.stored, default=0)

    @property
    def stored(self) -> list[int]:
        return [kept.step for kept in self.checkpoints]

    @property
    def choices(self) -> list[int]:
        """The stored steps that may be chosen as the result, latest first; of very many every so-manieth."""
        return self.stored[::-1][:: 1 + len(self.stored) // MOST_CHOICES]

    @property
    def expires(self) -> datetime:
        """When a paused training is cancelled."""
        return self.row.since + PAUSE_LIVES

    @property
    def pause_days(self) -> int:
        return PAUSE_LIVES.days

    @property
    def early(self) -> bool:
        """Whether it was done before its last step."""
        return self.row.state == TrainingState.DONE and self.row.step < self.row.steps

    # How far it is.

    @property
    def percent(self) -> int:
        return 100 * self.row.step // max(1, self.row.steps)

    @cached_property
    def left(self) -> Left | None:
        """Until it is done, waiting included; None once it is over, and while nobody can say when it begins."""
        if not self.open:
            return None
        rest = self._rest(self.row)
        if self.row.state != TrainingState.QUEUED:
            return rest
        return Left(self.begins.low + rest.low, self.begins.high + rest.high) if self.begins else None

    def _rest(self, row: Training) -> Left:
        """What the estimate leaves of it after the steps that are done; after a while, what its own pace says."""
        estimate, share = row.quote.estimate, 1 - row.step / max(1, row.steps)
        low, high = estimate["seconds_low"] * share, estimate["seconds_high"] * share
        if row.pk == self.row.pk and (pace := self._pace):
            rest = pace * (row.steps - row.step)
            return Left(SURE[0] * rest, SURE[1] * rest + AFTER * estimate["seconds_high"])
        return Left(low, high)

    @cached_property
    def _pace(self) -> float | None:
        """Seconds a step, as measured in this claim, once it has done a few."""
        if not self.stepping:
            return None
        began = max((kept.step for kept in self.checkpoints if kept.fence != self.row.fence), default=0)
        done = self.row.step - began
        return (self.now - self.row.since).total_seconds() / done if done >= 5 else None

    # What it has made.

    @cached_property
    def checkpoints(self) -> list[Checkpoint]:
        return list(self.row.checkpoints.all())

    @cached_property
    def samples(self) -> list[Preview]:
        return list(Preview.objects.filter(training=self.row.pk))

    @property
    def over(self) -> bool:
        """Whether nothing more will be told: the last previews are signed a moment after the end."""
        if self.open or self.row.state != TrainingState.DONE:
            return not self.open
        late = (self.now - self.row.since).total_seconds() > SIGNING_SECONDS
        return late or sum(sample.step == self.row.step for sample in self.samples) >= len(self.quote.previews)

    @cached_property
    def curves(self) -> Curves:
        return curves(self.row.pk, self.row.steps)

    @cached_property
    def columns(self) -> list[int]:
        steps = sorted({sample.step for sample in self.samples})
        if len(steps) <= MOST_COLUMNS:
            return steps
        return sorted({steps[round(i * (len(steps) - 1) / (MOST_COLUMNS - 1))] for i in range(MOST_COLUMNS)})

    @cached_property
    def strips(self) -> list[Strip]:
        found = {(sample.place, sample.step): sample for sample in self.samples}
        places = sorted({sample.place for sample in self.samples})
        return [
            Strip(place + 1, self.quote.previews[place]["prompt"], tuple(found.get((place, step)) for step in self.columns))
            for place in places
        ]

    @property
    def size(self) -> tuple[int, int]:
        """Of its clips: width and height."""
        version = self.licence.revision.tier.offering.version
        return self.quote.knobs.get("width") or version.width, self.quote.knobs.get("height") or version.height

    # What it costs.

    @property
    def ceiling(self) -> str:
        return words.span(self.quote.seconds)

    @property
    def charged(self) -> str:
        return words.span(self.row.captured)

    @property
    def held(self) -> str:
        """Still on hold while it is open; given back once it is over."""
        return words.span(self.quote.seconds - self.row.captured)

    @property
    def expected(self) -> str:
        return words.span(self.quote.estimate["seconds"])

    @property
    def bar(self) -> dict[str, int]:
        """Widths on a bar of BAR: what is charged, and where the estimate's middle lies."""
        ceiling = max(1, self.quote.seconds)
        expected = min(BAR, round(BAR * self.quote.estimate["seconds"] / ceiling))
        return {"whole": BAR, "charged": round(BAR * self.row.captured / ceiling), "expected": expected}

    # What happened.

    @cached_property
    def diary(self) -> list[Line]:
        return diary(self.row, self.checkpoints, self.samples)
