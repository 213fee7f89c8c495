"""How long a job will take and how much memory it needs, from a calibration measured on the machine. Never imports torch.

    seconds = load + windows * encode + steps * (step + tokens * step_token) + samples * sampling steps * (...) + finish

The interval is what the calibration itself saw between its fastest and slowest repeats, widened by what two phases can add.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from finetune.exits import BadJob
from finetune.plan import Plan

DEFAULT = Path(__file__).parent / "bases" / "tiny.calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Seconds unless said otherwise. `parameters` of the base it was measured on, `tokens` of one clip there; work scales with both.

    `low` and `high` are factors on the estimate.
    """

    machine: str
    parameters: int
    tokens: int
    load: float
    encode_window: float
    step: float
    step_token: float
    sample_step: float
    sample_token: float
    finish: float
    memory_base: int
    memory_token: int
    low: float
    high: float

    @classmethod
    def load_file(cls, path: Path = DEFAULT) -> Self:
        try:
            return cls(**json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError) as error:
            raise BadJob(f"{path} is not a calibration: {error}. Make one with `python -m finetune calibrate`.") from error

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True)
class Estimate:
    """`tokens_per_step`: of a whole batch."""

    seconds: float
    seconds_low: float
    seconds_high: float
    memory_bytes: int
    tokens_per_step: int

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def of_plan(plan: Plan, calibration: Calibration) -> Estimate:
    knobs = plan.job.knobs
    return of_numbers(
        calibration,
        parameters=plan.facts.parameters,
        windows=len(plan.split.train) + len(plan.split.held_out),
        tokens=plan.tokens,
        batch_size=knobs.batch_size,
        steps=knobs.steps,
        previews=len(plan.job.previews) * (1 + (knobs.steps // knobs.preview_every if knobs.preview_every else 0)),
        sampling_steps=knobs.sampling_steps or plan.facts.native.sampling_steps,
        preserve=knobs.preserve,
    )


def of_numbers(
    calibration: Calibration,
    *,
    parameters: int,
    windows: int,
    tokens: int,
    batch_size: int,
    steps: int,
    previews: int,
    sampling_steps: int,
    preserve: float = 0.0,
) -> Estimate:
    """`tokens` of a whole batch; `previews` pairs of base and custom, each sampled with guidance (two passes a step).

    Clips that are preserved go through the base once more, without gradients: half of what a step costs.
    """
    size = parameters / calibration.parameters
    one = tokens / batch_size
    training = steps * (calibration.step + calibration.step_token * tokens * (1 + preserve / 2) * size)
    sampling = 2 * previews * sampling_steps * (calibration.sample_step + calibration.sample_token * one * size)
    encoding = windows * calibration.encode_window * one / calibration.tokens
    seconds = calibration.load * max(1.0, size) + encoding + training + sampling + calibration.finish
    return Estimate(
        seconds=round(seconds, 1),
        seconds_low=round(seconds * calibration.low, 1),
        seconds_high=round(seconds * calibration.high, 1),
        memory_bytes=round(calibration.memory_base * max(1.0, size) + calibration.memory_token * tokens * size**0.5),
        tokens_per_step=tokens,
    )
