"""Who shares a pass with whom: trainings that wait, alike by the engine's own rule, come along with the first of the line.

Nobody waits for company, and none is taken from a worker that is free: with idle workers beside it, the first of the line are theirs. The
pass is at most as broad as the rule and TRAININGS_PER_PASS allow, and fits the worker's memory beside the base.
"""

from collections.abc import Iterator
from dataclasses import asdict, replace
from typing import Any

from django.conf import settings

from atelier.catalog.models import BaseVersion
from atelier.catalog.outline import facts_of
from finetune.estimate import Calibration
from finetune.exits import BadData, BadJob
from finetune.job import Job
from finetune.manifest import DatasetManifest, canonical, digest
from finetune.planning import budget, group
from finetune.planning.group import Candidate, Limits
from finetune.planning.plan import foresee

from . import line, queue, slots
from .models import Training
from .queue import Claim
from .refusals import refusal
from .slots import Slot
from .states import TrainingState


def asked(job: Job, version: BaseVersion, manifest: DatasetManifest) -> dict[str, Any]:
    """What the rule asks of a training, as JSON for its row, with the bytes that its base takes and a token of a pass.

    Raises Refused("bad_settings" or "bad_material", 422) with what the engine says of it.
    """
    try:
        plan = foresee(job, facts_of(version), manifest)
    except (BadJob, BadData) as error:
        raise refusal(error) from error
    found, bare = group.candidate(plan), group.limits(plan, Calibration.load_file().device, 0)
    told = asdict(replace(found, layers=(digest(canonical(found.layers)),)))
    return {**told, "shapes": sorted(found.shapes), "beside": -(bare.memory or 0), "memory_token": bare.memory_token}


def of(claim: Claim, slot: Slot) -> Iterator[Claim]:
    """Claims, besides this one, what may share its pass: in the order of the line, and within every limit that a claim is under."""
    first = Training.objects.get(pk=claim.training)
    if settings.TRAININGS_PER_PASS < 2 or not _sociable(first, attempts=1):
        return
    limits, found = _limits(first, slot), [_candidate(first)]
    for row in _waiting(slot, first):
        candidate = _candidate(row)
        if group.fits(candidate, found, limits) and (got := queue.claim_listed(row.pk, slot.worker)):
            found.append(candidate)
            yield got


def _sociable(row: Training, attempts: int) -> bool:
    """What failed before goes alone, so that whatever is wrong with it harms nobody else; so does what only wants its files made."""
    return bool(row.alike) and row.attempts <= attempts and row.finish_at is None


def _waiting(slot: Slot, first: Training) -> Iterator[Training]:
    """What may come along, in the line's order, but for what idle workers are about to take."""
    ahead = line.first(slot)[_idle(slot, first) :]
    rows = {row.pk: row for row in Training.objects.filter(pk__in=ahead, state=TrainingState.QUEUED)}
    yield from (rows[pk] for pk in ahead if pk in rows and _sociable(rows[pk], attempts=0))


def _idle(slot: Slot, first: Training) -> int:
    others = (each for each in slots.seen() if each.worker != slot.worker)
    return sum(not each.training and not each.draining and line.fits(first, each) for each in others)


def _candidate(row: Training) -> Candidate:
    told = row.alike
    shapes = frozenset((frames, height, width, clips) for frames, height, width, clips in told["shapes"])
    kept = {name: told[name] for name in ("base", "rank", "tokens", "adapter")}
    return Candidate(job=str(row.pk), layers=tuple(told["layers"]), shapes=shapes, **kept)


def _limits(row: Training, slot: Slot) -> Limits:
    left = round(slot.room * budget.SPARE) - row.alike["beside"] if slot.room else None
    jobs = min(settings.TRAININGS_PER_PASS, Limits.jobs)
    return Limits(jobs=jobs, memory=left, memory_token=row.alike["memory_token"])
