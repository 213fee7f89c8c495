"""Jobs that were asked for at once, put into the passes that `group` allows."""

from collections.abc import Sequence
from pathlib import Path

from finetune import families
from finetune.exits import Ended
from finetune.job import Job
from finetune.manifest import DatasetManifest
from finetune.planning.group import Limits, candidate, groups, limits
from finetune.planning.plan import Plan, foresee
from finetune.running import device
from finetune.running.work import Work


def arrange(works: Sequence[Work], told: Limits | None = None) -> list[list[Work]]:
    """What cannot be planned, and a job by itself, goes alone; its own run says what is wrong with it. Unless `told`, a pass is as
    broad as pays and fits beside its base into the memory of this machine.
    """
    if len(works) < 2:
        return [[work] for work in works]
    plans = {id(work): plan for work in works if (plan := _plan(work.job))}
    alone = [[work] for work in works if id(work) not in plans]
    bases: dict[str, list[Work]] = {}
    for work in works:
        if id(work) in plans:
            bases.setdefault(work.job.base.worn, []).append(work)
    return alone + [group for same in bases.values() for group in _passes(same, [plans[id(work)] for work in same], told)]


def _passes(works: list[Work], plans: list[Plan], told: Limits | None) -> list[list[Work]]:
    """Of works on one base."""
    found = [candidate(plan) for plan in plans]
    of = {id(each): work for work, each in zip(works, found, strict=True)}
    allowed = told or limits(plans[0], device.kind(), device.memory())
    return [[of[id(each)] for each in group] for group in groups(found, allowed)]


def _plan(job: Job) -> Plan | None:
    """Without reading all that the digests speak for; the run itself checks those."""
    try:
        facts = families.layout(job.family).facts(Path(job.base.path))
        return foresee(job, facts, DatasetManifest.load(job.dataset.path))
    except (Ended, OSError):
        return None
