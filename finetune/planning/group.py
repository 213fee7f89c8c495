"""Which jobs train in one pass, and how many. A pure rule over facts known before a weight is loaded; imports nothing heavy.

Jobs share a pass when they are on the same base and layers, with the same shape of step. What sharing saves is the cost of starting
an operation and of thin matrices, so it fades as a job's own tokens grow and is spent where a pass is already broad.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from finetune.planning import budget
from finetune.planning.plan import Plan

PADDING = 4
"""The largest rank of a group may be this many times the smallest; more would mostly multiply zeros."""


@dataclass(frozen=True)
class Candidate:
    """`shapes`: (frames, height, width, batch size) of every kind of step it will take; `tokens` of its largest step.

    `adapter`: parameters. `layers`: names.
    """

    job: str
    base: str
    layers: tuple[str, ...]
    shapes: frozenset[tuple[int, int, int, int]]
    rank: int
    tokens: int
    adapter: int


@dataclass(frozen=True)
class Limits:
    """`tokens`: where a pass is as broad as pays; `memory`: bytes left beside the base, of which a token of a pass takes `memory_token`.

    `jobs`: at most so many.
    """

    tokens: int = 1536
    jobs: int = 8
    memory: int | None = None
    memory_token: int = 0


def candidate(plan: Plan) -> Candidate:
    knobs = plan.job.knobs
    return Candidate(
        job=plan.job.id,
        base=plan.job.base.worn,
        layers=plan.layers,
        shapes=frozenset((*window.shape, knobs.batch_size) for window in plan.split.train),
        rank=knobs.rank,
        tokens=plan.tokens,
        adapter=knobs.rank * sum(sum(plan.facts.layers[layer]) for layer in plan.layers),
    )


def limits(plan: Plan, device: str, have: int | None) -> Limits:
    """For jobs on the base of this one: what it leaves of the device's memory when it is held in the best way."""
    way = budget.WAYS[device][0]
    left = None if have is None else round(have * budget.SPARE) - budget.OVERHEAD - budget.weights(plan.facts, way)
    return Limits(memory=left, memory_token=round(budget.token(plan, way)))


def groups(candidates: Sequence[Candidate], limits: Limits) -> list[list[Candidate]]:
    """In order of arrival; every candidate is in exactly one group, if need be alone."""
    made: list[list[Candidate]] = []
    for each in candidates:
        group = next((group for group in made if fits(each, group, limits)), None)
        if group is None:
            made.append([each])
        else:
            group.append(each)
    return made


def fits(new: Candidate, group: Sequence[Candidate], limits: Limits) -> bool:
    """Whether it may join those of the group in their pass."""
    together = [*group, new]
    return (
        all(each.job != new.job for each in group)
        and {(each.base, each.layers, each.shapes) for each in together} == {(new.base, new.layers, new.shapes)}
        and len(new.shapes) == 1
        and max(each.rank for each in together) <= PADDING * min(each.rank for each in together)
        and len(together) <= limits.jobs
        and sum(each.tokens for each in together) <= limits.tokens
        and (limits.memory is None or memory(together, limits) <= limits.memory)
    )


def memory(group: Sequence[Candidate], limits: Limits) -> int:
    """Bytes beside the base: activations, and of every adapter the values, gradients and AdamW's two memories, padded to the largest."""
    largest = max(each.rank for each in group)
    adapters = sum(each.adapter * largest // each.rank for each in group)
    return sum(each.tokens for each in group) * limits.memory_token + 4 * 4 * adapters
