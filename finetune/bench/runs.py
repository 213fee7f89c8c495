"""Whole runs that the bench looks at: what a second one on the same clips saves, and whether estimates hold."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from finetune import estimate, families
from finetune.bench import calibrate, clock, trial
from finetune.estimate import Estimate
from finetune.job import Job, Knobs, Preview
from finetune.planning.plan import prepare
from finetune.running.resident import Resident

PROMPTS = ("a red circle moving right on a dark background", "a blue square growing on a light background")
KNOBS = Knobs(steps=2, rank=16, alpha=16, learning_rate=1e-3, batch_size=1, height=32, width=32, frames=9, fps=4)


@dataclass(frozen=True)
class Foretold:
    """What was said of a job, and what it took."""

    estimate: Estimate
    seconds: float

    @property
    def held(self) -> bool:
        return self.estimate.seconds_low <= self.seconds <= self.estimate.seconds_high


def second_encode(base: Path, seed: int) -> float:
    """Seconds of encoding in a second run on the same clips, as a share of those in the first."""
    with trial.room() as room:
        bases, dataset = Resident(), trial.clips(room, 12, seed)
        trial.seconds(room, trial.job(base, dataset, "warm", replace(KNOBS, frames=5)), bases)
        first, second = (
            trial.seconds(room, trial.job(base, dataset, name, replace(KNOBS, rank=rank)), bases)
            for name, rank in (("first", 16), ("second", 8))
        )
    return float(f"{second['encode'] / first['encode']:.3g}")


def foretold(base: Path, count: int) -> list[Foretold]:
    """`count` jobs that differ in everything that an estimate counts, each with a base that is loaded anew."""
    calibration = calibrate.measure(base)
    with trial.room() as room:
        return [_foretold(room, job, calibration) for job in _jobs(base, room, count)]


def longer(base: Path) -> tuple[float, float]:
    """Seconds of a step of one clip three times as wide and high as the base's own: as measured, and as a calibration foretells them."""
    known, across = calibrate.measure(base), 3
    family = families.of(base)
    model = families.load(family, str(base))
    measured = median(calibrate.train(model, families.layout(family).targets, 1, across))
    depth, tokens = estimate.depth(family, model.facts), known.tokens * across**2
    return measured, known.step + known.step_token * tokens + known.attention * depth * tokens**2


def _foretold(room: Path, job: Job, calibration: estimate.Calibration) -> Foretold:
    said = estimate.of_plan(prepare(job), calibration)
    began = clock.now()
    trial.seconds(room, job, Resident())
    return Foretold(said, clock.now() - began)


def _jobs(base: Path, room: Path, count: int) -> Iterator[Job]:
    """Clips of its own for each, so that none finds another's kept."""
    rng = random.Random(0)
    for index in range(count):
        dataset = trial.clips(room, rng.choice((3, 6, 12)), index)
        size, frames = rng.choice(((32, 9), (32, 5), (48, 9), (32, 13)))
        knobs = replace(
            KNOBS,
            steps=rng.randrange(20, 200),
            rank=rng.choice((4, 16, 32)),
            batch_size=rng.choice((1, 2, 4, 8)),
            height=size,
            width=size,
            frames=frames,
            sampling_steps=rng.choice((5, 20)),
        )
        yield replace(
            trial.job(base, dataset, f"job-{index}", knobs), previews=tuple(Preview(each, 1) for each in PROMPTS[: rng.randrange(3)])
        )
