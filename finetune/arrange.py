"""Jobs that were asked for at once, put into the passes that `group` allows."""

from collections.abc import Sequence
from pathlib import Path

from finetune import families
from finetune.exits import Ended
from finetune.group import Candidate, Limits, candidate, groups
from finetune.job import Job
from finetune.manifest import DatasetManifest
from finetune.plan import foresee
from finetune.work import Work


def arrange(works: Sequence[Work], limits: Limits | None = None) -> list[list[Work]]:
    """What cannot be planned, and a job by itself, goes alone; its own run says what is wrong with it."""
    if len(works) < 2:
        return [[work] for work in works]
    found = [(work, _candidate(work.job)) for work in works]
    of = {id(each): work for work, each in found if each}
    passes = groups([each for _, each in found if each], limits or Limits())
    return [[work] for work, each in found if not each] + [[of[id(each)] for each in group] for group in passes]


def _candidate(job: Job) -> Candidate | None:
    """Without reading all that the digests speak for; the run itself checks those."""
    try:
        facts = families.layout(job.family).facts(Path(job.base.path))
        return candidate(foresee(job, facts, DatasetManifest.load(job.dataset.path)))
    except (Ended, OSError):
        return None
