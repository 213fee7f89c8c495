"""Everything that can be said about a job before a weight is loaded: `finetune check` is exactly this."""

from dataclasses import dataclass
from pathlib import Path

from finetune import families
from finetune.exits import BadData, BadJob
from finetune.families.seam import Facts, Layout
from finetune.job import Job
from finetune.manifest import DatasetManifest, directory_digest
from finetune.windows import Split, split


@dataclass(frozen=True)
class Plan:
    """`layers`: what the adapter sits on. `tokens`: of one step, at the job's full frame count."""

    job: Job
    facts: Facts
    layers: tuple[str, ...]
    split: Split
    tokens: int


def prepare(job: Job) -> Plan:
    """Raises BadJob or BadData with the first thing that is wrong."""
    layout = families.layout(job.family)
    base = Path(job.base.path)
    if (found := directory_digest(base)) != job.base.digest:
        raise BadJob(f"base.digest is not that of {base}, which is {found}; check which base was meant.")
    facts = layout.facts(base)
    manifest = DatasetManifest.load(job.dataset.path)
    if manifest.root != job.dataset.root:
        raise BadData(f"dataset.root is not that of {job.dataset.path}, which is {manifest.root}; check which dataset was meant.")
    manifest.verify(job.dataset.path)
    return foresee(job, facts, manifest)


def foresee(job: Job, facts: Facts, manifest: DatasetManifest) -> Plan:
    """The plan from what is known of base and dataset, without their directories. Raises BadJob or BadData."""
    layout = families.layout(job.family)
    layers = _layers(job, layout, facts)
    _check_size(job, facts)
    knobs = job.knobs
    tokens = layout.tokens(facts, height=knobs.height, width=knobs.width, frames=knobs.frames) * knobs.batch_size
    return Plan(job, facts, layers, split(manifest.clips, knobs, job.seed), tokens)


def _layers(job: Job, layout: Layout, facts: Facts) -> tuple[str, ...]:
    found: set[str] = set()
    for target in job.knobs.targets or layout.targets:
        matched = {layer for layer in facts.layers if layer == target or layer.endswith(f".{target}")}
        if not matched:
            raise BadJob(
                f"knobs.targets: {target!r} matches no layer of this base; its layers are named like {min(facts.layers, default='-')}."
            )
        found |= matched
    for layer in sorted(found):
        if job.knobs.rank > min(facts.layers[layer]):
            raise BadJob(f"knobs.rank is {job.knobs.rank}, larger than {layer} allows ({min(facts.layers[layer])}); choose a smaller rank.")
    return tuple(sorted(found))


def _check_size(job: Job, facts: Facts) -> None:
    for name in ("height", "width"):
        if (side := getattr(job.knobs, name)) % facts.multiple:
            raise BadJob(f"knobs.{name} is {side}; this base needs a multiple of {facts.multiple}.")
