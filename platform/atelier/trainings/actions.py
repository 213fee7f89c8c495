"""How a training comes about: declare a use, ask for a quote, start. What may be done with it afterwards is in `steering`."""

from dataclasses import asdict, replace
from datetime import timedelta
from typing import Any

from django.core import signing
from django.db import transaction

from atelier.accounts.models import User
from atelier.kit import traces
from atelier.kit.refused import Refused
from atelier.library.models import CustomModel
from atelier.licences import actions as licences
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, permit
from atelier.licences.seats import require_use
from atelier.material import queries as material
from atelier.material.models import Dataset
from finetune.exits import BadJob
from finetune.job import PRESERVE, Frozen, Job
from finetune.manifest import DatasetManifest
from licensing.judge import Action

from . import companions, house, origins, pricing, queue
from .models import Project, Quote, Training, descent
from .refusals import refusal

QUOTE_LIVES = timedelta(hours=1)
SIGNATURE = "atelier.trainings.quote"


@transaction.atomic
def declare(*, owner: User, name: str, stage: str, media: list[str], territories: list[str], commercial: bool) -> Project:
    """What the model is for. Terms judge it at quote, start and download."""
    return Project.objects.create(
        owner=owner, name=name, stage=stage, media=sorted(set(media)), territories=sorted(set(territories)), commercial=commercial
    )


@transaction.atomic
def quote(
    *,
    owner: User,
    licence: Licence,
    dataset: Dataset,
    project: Project,
    name: str,
    knobs: dict[str, Any],
    previews: list[dict[str, Any]],
    seed: int,
    origin: CustomModel | None = None,
) -> Quote:
    """Judges the run and prices it. Raises Refused with the judge's code, or `bad_settings` with the engine's sentence."""
    require_use(licence, owner)
    house.require(licence, dataset)
    manifest = _material(dataset)
    if origin:
        origins.require(origin, owner, licence, knobs)
    job = job_of(licence, manifest, "quote", knobs, previews, seed, origins.frozen(origin))
    forecast = pricing.forecast(job, licence.revision.tier.offering.version, manifest)
    seconds = forecast.seconds
    made_of = (dataset.pk, *descent(origin.pk if origin else None))
    permit(licence, Action.QUOTE, owner, made_of, use=project.use, seconds_needed=seconds, **_asked(job, manifest))
    row = Quote.objects.create(
        owner=owner,
        licence=licence,
        dataset=dataset,
        project=project,
        name=name,
        knobs=job.to_dict()["knobs"],
        previews=previews,
        seed=seed,
        origin=origin,
        seconds=seconds,
        lines=forecast.lines,
        estimate=asdict(forecast.estimate),
        expires_at=database_now() + QUOTE_LIVES,
        signature=signing.dumps(_promise(job, seconds), salt=SIGNATURE),
    )
    licences.note(licence, "training.quote", row.public_id, owner.id, seconds=seconds, use=project.declaration)
    return row


@transaction.atomic
def start(*, quote: Quote, by: User) -> Training:
    """Puts the quoted seconds on hold and queues the training. The same quote again returns the training that it started."""
    Quote.objects.select_for_update().get(pk=quote.pk)
    if started := Training.objects.filter(quote=quote).first():
        return started
    if database_now() >= quote.expires_at:
        raise Refused("quote_expired", "This quote is older than an hour. Ask for a new one; nothing was charged.")
    manifest = _material(quote.dataset)
    if quote.origin:
        origins.require(quote.origin, quote.owner, quote.licence, quote.knobs)
    job = job_of(quote.licence, manifest, "start", quote.knobs, quote.previews, quote.seed, origins.frozen(quote.origin))
    asked = {"use": quote.project.use, "seconds_needed": quote.seconds, **_asked(job, manifest)}
    _require_signed(quote, job)
    quote.licence = licences.locked(quote.licence)
    permit(quote.licence, Action.START, by, quote.made_of, **asked)
    training = Training.objects.create(
        owner=by,
        quote=quote,
        licence=quote.licence,
        since=database_now(),
        steps=quote.knobs["steps"],
        trace=traces.carrier(),
        alike=companions.asked(job, quote.licence.revision.tier.offering.version, manifest),
        **_needs(quote),
    )
    licences.reserve(licence=quote.licence, training=training.id, seconds=quote.seconds)
    licences.note(quote.licence, "training.start", training.public_id, by.id, quote=quote.public_id, seconds=quote.seconds)
    queue.announce(training)
    return training


def _promise(job: Job, seconds: int) -> dict[str, Any]:
    """What the signature of a quote binds us to: this work, for so many seconds at most."""
    job = replace(job, id="quote")
    return {"licence": job.metadata["licence"], "dataset": job.dataset.root, "job": job.digest, "seconds": seconds}


def _require_signed(quote: Quote, job: Job) -> None:
    """Whatever changed the row since, or what the job is made of, the quote is not the one that was given."""
    try:
        promised = signing.loads(quote.signature, salt=SIGNATURE)
    except signing.BadSignature:
        promised = None
    if promised != _promise(job, quote.seconds):
        raise Refused("quote_changed", "This quote is not the one that was signed. Ask for a new one; nothing was charged.")


def _needs(quote: Quote) -> dict[str, Any]:
    """What a worker must have for it, how long it has it, and what its terms say of the line."""
    estimate, terms = quote.estimate, quote.licence.terms
    return {
        "family": quote.licence.revision.tier.offering.version.family,
        "memory": estimate["memory_bytes"],
        "low": estimate["seconds_low"],
        "high": estimate["seconds_high"],
        "priority": terms.priority,
        "at_once": terms.concurrent_trainings or 0,
    }


def _material(dataset: Dataset) -> DatasetManifest:
    """The sealed manifest, or Refused when the dataset is open or withdrawn."""
    manifest = material.manifest(dataset)
    if not material.usable(dataset):
        raise Refused("material_withdrawn", "This dataset was withdrawn. Choose or seal another one.")
    return manifest


def job_of(
    licence: Licence,
    manifest: DatasetManifest,
    job_id: str,
    knobs: dict[str, Any],
    previews: list[dict[str, Any]],
    seed: int,
    origin: Frozen | None = None,
) -> Job:
    """The engine's job for these wishes, with the base's own shape where nothing else is asked. Paths are the worker's to fill in."""
    offering = licence.revision.tier.offering
    version = offering.version
    worn = {f"adapter{'_2' * place}": row for place, row in enumerate(offering.adapters) if row}
    shape = {"height": version.height, "width": version.width, "frames": version.frames, "fps": version.fps}
    preserve = knobs.get("preserve", PRESERVE) if knobs.get("trigger") else 0.0
    try:
        return Job.from_dict(
            {
                "version": 1,
                "id": job_id,
                "family": version.family,
                "base": {
                    "path": "base",
                    "digest": version.digest,
                    **{name: {"path": name, "digest": row.digest} for name, row in worn.items()},
                },
                "dataset": {"path": "dataset", "root": manifest.root},
                "knobs": {**shape, **knobs, "preserve": preserve},
                "previews": previews,
                "seed": seed,
                "metadata": {"licence": licence.public_id},
                **({"from_adapter": {"path": origin.path, "digest": origin.digest}} if origin else {}),
            }
        )
    except BadJob as error:
        raise refusal(error) from error


def _asked(job: Job, manifest: DatasetManifest) -> dict[str, int]:
    """The facts about the run that terms limit."""
    return {
        "rank": job.knobs.rank,
        "steps": job.knobs.steps,
        "resolution": max(job.knobs.height, job.knobs.width),
        "clips": len(manifest.clips),
    }
