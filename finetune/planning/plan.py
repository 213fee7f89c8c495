"""Everything that can be said about a job before a weight is loaded: `finetune check` is exactly this."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from finetune import families
from finetune.data import buckets
from finetune.data.windows import Split, split
from finetune.exits import BadData, BadJob
from finetune.families.seam import Facts, Layout, part_of
from finetune.job import Job
from finetune.manifest import DatasetManifest, directory_digest
from finetune.planning import beginning, house
from finetune.planning.house import House


@dataclass(frozen=True)
class Plan:
    """`layers`: what the adapter sits on. `tokens`: of the largest step, at the job's size and full frame count; `mean_tokens`: of the
    average step, over the shapes that its clips really have. `houses`: the house adapters of the base, by its parts; `beginnings`: what
    training goes on from, likewise.
    """

    job: Job
    facts: Facts
    layers: tuple[str, ...]
    split: Split
    tokens: int
    mean_tokens: float
    houses: dict[str, House] = field(default_factory=dict)
    beginnings: dict[str, House] = field(default_factory=dict)


def prepare(job: Job) -> Plan:
    """Raises BadJob or BadData with the first thing that is wrong."""
    layout = families.layout(job.family)
    base = Path(job.base.path)
    if (found := directory_digest(base)) != job.base.digest:
        raise BadJob(f"base.digest is not that of {base}, which is {found}; check which base was meant.")
    facts = layout.facts(base)
    houses = house.read(job.base, facts)
    manifest = DatasetManifest.load(job.dataset.path)
    if manifest.root != job.dataset.root:
        raise BadData(f"dataset.root is not that of {job.dataset.path}, which is {manifest.root}; check which dataset was meant.")
    manifest.verify(job.dataset.path)
    plan = foresee(job, facts, manifest)
    return replace(plan, houses=houses, beginnings=beginning.read(job, facts, plan.layers))


def foresee(job: Job, facts: Facts, manifest: DatasetManifest) -> Plan:
    """The plan from what is known of base and dataset, without their directories. Raises BadJob or BadData."""
    layout = families.layout(job.family)
    layers = _layers(job, layout, facts)
    _check_size(job, facts)
    knobs = job.knobs
    tokens = layout.tokens(facts, height=knobs.height, width=knobs.width, frames=knobs.frames) * knobs.batch_size
    found = split(manifest.clips, knobs, job.seed, buckets.of(knobs, facts.multiple))
    usual = [layout.tokens(facts, frames=frames, height=height, width=width) for frames, height, width in (w.shape for w in found.train)]
    return Plan(job, facts, layers, found, tokens, knobs.batch_size * sum(usual) / len(usual))


def _layers(job: Job, layout: Layout, facts: Facts) -> tuple[str, ...]:
    found: set[str] = set()
    for target in job.knobs.targets or layout.targets:
        matched = {layer for layer in facts.layers if layer == target or layer.endswith(f".{target}")}
        if not matched:
            raise BadJob(
                f"knobs.targets: {target!r} matches no layer of this base; its layers are named like {min(facts.layers, default='-')}.",
                "no_layer",
                target=target,
            )
        found |= matched
    for layer in sorted(found):
        if (rank := job.knobs.rank) > (most := min(facts.layers[layer])):
            sentence = f"knobs.rank is {rank}, larger than {layer} allows ({most}); choose a smaller rank."
            raise BadJob(sentence, "large_rank", rank=rank, most=most)
    if {part_of(layer) for layer in found} != set(facts.parts):
        raise BadJob("knobs.targets must name layers of both transformers of this base: leave out which transformer they are in.")
    return tuple(sorted(found))


def _check_size(job: Job, facts: Facts) -> None:
    if facts.stills and job.knobs.frames != 1:
        raise BadJob(f"knobs.frames is {job.knobs.frames}; this base makes pictures, so it must be 1.")
    for name in ("height", "width"):
        if (side := getattr(job.knobs, name)) % facts.multiple:
            sentence = f"knobs.{name} is {side}; this base needs a multiple of {facts.multiple}."
            raise BadJob(sentence, "odd_side", field=f"knobs.{name}", side=side, multiple=facts.multiple)
