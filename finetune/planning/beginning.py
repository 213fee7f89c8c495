"""Training on from the result of an earlier run: whether its files fit the job. Their headers are read here, and no tensor."""

from collections.abc import Sequence

from finetune.exits import BadJob
from finetune.families.seam import Facts, part_of, within
from finetune.job import Job
from finetune.planning import house
from finetune.planning.house import House

FIELDS = ("from_adapter", "from_adapter_2")
BASE, HOUSES = "finetune.base_digest", ("finetune.house_adapter", "finetune.house_adapter_2")


def read(job: Job, facts: Facts, layers: Sequence[str]) -> dict[str, House]:
    """Part of the base to the file that training begins from; empty when it begins anew. Raises BadJob."""
    if not any(job.beginnings):
        return {}
    found = house.files(job.beginnings, FIELDS, facts)
    for part, field in zip(facts.parts, FIELDS, strict=False):
        if part not in found:
            raise BadJob(f"{field} is missing: this base has two transformers, and training goes on from the files of both.")
        _fits(found[part], field, job, {within(layer) for layer in layers if part_of(layer) == part})
    return found


def _fits(found: House, field: str, job: Job, layers: set[str]) -> None:
    name, told = found.path.name, found.told
    if told.get(BASE) != job.base.digest:
        was = f"was trained on {told[BASE]}" if BASE in told else "does not say which base it was trained on"
        raise BadJob(f"{field}.path: {name} {was}; training goes on only from an adapter of this very base.")
    if [told.get(key, "") for key in HOUSES] != [each.digest if each else "" for each in job.base.adapters]:
        raise BadJob(f"{field}.path: {name} was trained over other house adapters; name the same in base.adapter.")
    _same("rank", told.get("finetune.rank", ""), job.knobs.rank, field, name)
    _same("alpha", told.get("finetune.alpha", ""), job.knobs.alpha, field, name)
    if other := sorted(layers ^ set(found.lows)):
        lacks = "has not" if other[0] in layers else "has besides"
        raise BadJob(f"knobs.targets: {other[0]} is what {name} {lacks}; choose the layers that {field} was trained on.")


def _same(what: str, was: str, now: float, field: str, name: str) -> None:
    if was != f"{now:g}":
        raise BadJob(f"knobs.{what} is {now:g}, and {name} has {was or 'none'}; {field} needs the same.")
