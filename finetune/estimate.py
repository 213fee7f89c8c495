"""How long a job will take and how much memory it needs, from a calibration measured on the machine. Never imports torch.

    seconds = load + windows * encode + steps * (step + tokens * step_token + clips * tokens of a clip ** 2 * attention)
              + samples * (sampling steps * (...) + decode) + checks + finish

from the order to the end, in an engine that is up and has to load the base. Attention looks from every token of a clip at every
other, so it alone grows with their square: counted in operations it is more than half of a step of Wan 1.3B at 33 frames of 480x832.
`checks` are the losses on held-out clips, a sample's pass for two clips each. The interval is what the calibration itself saw between
its fastest and slowest repeats, widened by what two phases can add.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from finetune import families
from finetune.data.windows import NOISE_LEVELS
from finetune.exits import BadJob, OutOfMemory
from finetune.families.seam import Facts
from finetune.planning import budget
from finetune.planning.plan import Plan

FORWARD = 2 / 3
"""Of what attention takes of a step, forward and backward, the share that two passes forward take."""
DEFAULT = Path(__file__).parent / "bases" / "tiny.calibration.json"


@dataclass(frozen=True)
class Calibration:
    """Seconds unless said otherwise. `parameters` of the base it was measured on, `tokens` of one clip there; work scales with both.

    `low` and `high` are factors on the estimate. `memory`: bytes that the machine has. `attention`: of a step, for each pair of a clip's
    tokens and each unit of width of each block; what was measured before it was counted apart has it in `step_token`.
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
    memory: int | None = None
    decode_window: float = 0.0
    attention: float = 0.0

    @property
    def device(self) -> str:
        return "cuda" if "cuda" in self.machine.rpartition(", ")[2] else "cpu"

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
        parameters=plan.facts.parameters // len(plan.facts.parts),
        memory=memory_of(plan, calibration),
        windows=len(plan.split.train),
        held_out=len(plan.split.held_out),
        tokens=plan.tokens,
        mean_tokens=plan.mean_tokens,
        batch_size=knobs.batch_size,
        steps=knobs.steps,
        previews=len(plan.job.previews),
        looks=max(0, knobs.steps - 1) // knobs.preview_every if knobs.preview_every else 0,
        sampling_steps=knobs.sampling_steps or plan.facts.native.sampling_steps,
        preserve=knobs.preserve,
        depth=depth(plan.job.family, plan.facts),
    )


def depth(family: str, facts: Facts) -> int:
    """Units of width of all blocks that a token goes through."""
    block = families.layout(family).footprint(facts)
    return block.blocks * block.width


def memory_of(plan: Plan, calibration: Calibration) -> int:
    """In the way that the base would be held there; where nothing fits, what the most sparing way would take."""
    try:
        way = budget.choose([plan], calibration.device, calibration.memory)
    except OutOfMemory:
        way = budget.WAYS[calibration.device][-1]
    own = 0 if calibration.device == "cuda" else calibration.parameters * budget.BYTES["float32"]
    return budget.need([plan], way, max(0, calibration.memory_base - own), calibration.memory_token)


def of_numbers(
    calibration: Calibration,
    *,
    parameters: int,
    memory: int,
    windows: int,
    held_out: int,
    tokens: int,
    mean_tokens: float,
    batch_size: int,
    steps: int,
    previews: int,
    looks: int,
    sampling_steps: int,
    preserve: float = 0.0,
    depth: int = 0,
) -> Estimate:
    """`parameters` and `depth` that a token goes through; `tokens` of the largest batch, `mean_tokens` of the average one; `previews`
    pairs of base and custom, each sampled with guidance (two passes a step).

    Clips that are preserved go through the base once more, without gradients: half of what a step costs.
    """
    size, attention = parameters / calibration.parameters, calibration.attention * depth
    one, clip = tokens / batch_size, mean_tokens / batch_size
    work = calibration.step_token * mean_tokens * size + attention * batch_size * clip**2
    training = steps * (calibration.step + work * (1 + preserve / 2))
    guided = calibration.sample_step + calibration.sample_token * one * size + FORWARD * attention * one**2
    sampling = previews * (2 + looks) * (sampling_steps * guided + calibration.decode_window * one / calibration.tokens)
    encoding = (windows + held_out) * calibration.encode_window * clip / calibration.tokens
    checking = held_out * (2 + looks) * NOISE_LEVELS / 2 * guided
    seconds = calibration.load * max(1.0, size) + encoding + training + sampling + checking + calibration.finish
    return Estimate(
        seconds=round(seconds, 1),
        seconds_low=round(seconds * calibration.low, 1),
        seconds_high=round(seconds * calibration.high, 1),
        memory_bytes=memory,
        tokens_per_step=tokens,
    )
