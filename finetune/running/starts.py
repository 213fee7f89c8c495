"""Where each job of a group goes on from, or that it begins anew."""

from collections.abc import Sequence

from finetune.running.work import MANIFEST, Work
from finetune.training import checkpoint


def find(works: Sequence[Work]) -> None:
    """All that still have steps to take start at the last step at which every one of them left a checkpoint, so that the same jobs
    meet again at the same steps and end with the same bits. Where there is no such step, each starts at its own last.
    """
    kept = {work.job.id: checkpoint.found(work.out, work.job.digest) if work.resume else {} for work in works}
    unfinished = [set(steps) for work in works if work.job.knobs.steps not in (steps := kept[work.job.id])]
    met = max(set.intersection(*unfinished), default=None) if unfinished else None
    for work in works:
        (work.out / MANIFEST).unlink(missing_ok=True)
        steps = kept[work.job.id]
        if not steps:
            checkpoint.clear(work.out)
        else:
            at = max(steps) if met is None or work.job.knobs.steps in steps else met
            work.start = steps[at]
            work.progress = checkpoint.load(work.start)
        work.rewind()
