"""What a job takes of a device's memory, and how a base is held so that it fits. A pure rule; imports nothing heavy.

memory = what runs anyway + weights + adapters, their gradients and AdamW's two memories + the larger of (what the blocks keep of
a batch until their backward pass, what the VAE holds while it codes one clip)
"""

from collections.abc import Sequence
from dataclasses import dataclass

from finetune import families
from finetune.exits import OutOfMemory
from finetune.families.seam import Facts
from finetune.planning.plan import Plan

BYTES = {"float32": 4, "bfloat16": 2}
OVERHEAD = 480 << 20
"""Interpreter, libraries and what the allocator keeps."""
SPARE = 0.95
"""The share of a device's memory that is counted on."""
TEMPORARY = 12
"""Bytes for each unit of a block's width that one block needs for a while, for each token."""


@dataclass(frozen=True)
class Way:
    """How a base is held: the precision of its weights, and whether steps keep little and compute most of their way twice."""

    dtype: str
    checkpointing: bool


WAYS = {
    "cpu": (Way("float32", False), Way("float32", True), Way("bfloat16", False), Way("bfloat16", True)),
    "cuda": (Way("bfloat16", False), Way("bfloat16", True)),
}
"""The best first: on a CPU bfloat16 is slow and coarse, and computing twice costs up to twice the time."""


def choose(plans: Sequence[Plan], device: str, have: int | None) -> Way:
    """The best way in which jobs that share a pass fit into `have` bytes; None: nobody knows how much there is. Raises OutOfMemory."""
    for way in WAYS[device]:
        if have is None or need(plans, way) <= have * SPARE:
            return way
    least = need(plans, WAYS[device][-1])
    raise OutOfMemory(
        f"This needs about {_gb(least)} of memory and {_gb(have or 0)} are there: "
        "choose a smaller batch_size, fewer frames, a smaller size or a smaller base."
    )


def need(plans: Sequence[Plan], way: Way, overhead: int = OVERHEAD, least: float = 0.0) -> int:
    """Bytes that jobs in one pass take at most. `least`: what a token was seen to take, however small its base."""
    facts, pixels = plans[0].facts, max(plan.job.knobs.height * plan.job.knobs.width for plan in plans)
    steps = sum(plan.tokens for plan in plans) * max(least, token(plans[0], way))
    return overhead + weights(facts, way) + sum(map(adapter, plans)) + round(max(steps, facts.vae_pixel * pixels))


def weights(facts: Facts, way: Way) -> int:
    """The transformers and the text encoder as told, the VAE in float32 always."""
    return (facts.parameters + facts.text_encoder) * BYTES[way.dtype] + facts.vae * BYTES["float32"]


def adapter(plan: Plan) -> int:
    """Values, gradients and AdamW's two memories of one job, in float32."""
    return 4 * 4 * plan.job.knobs.rank * sum(sum(plan.facts.layers[layer]) for layer in plan.layers)


def token(plan: Plan, way: Way) -> float:
    """Bytes that one token of a pass takes between its forward and its backward pass."""
    block, size = families.layout(plan.job.family).footprint(plan.facts), BYTES[way.dtype]
    kept = (block.narrow * size + block.wide) * block.width + block.deep * size * block.hidden
    once = kept + TEMPORARY * block.width + size * block.hidden
    if way.checkpointing:
        return block.blocks * size * block.width + once
    return (block.blocks - 1) * kept + once


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
