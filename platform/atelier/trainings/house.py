"""House adapters from inside: a studio's own people train on what was gathered for it, and what comes of it becomes a house adapter."""

from typing import Any

from django.db import transaction
from django.db.models import QuerySet, Sum

from atelier.accounts.models import User
from atelier.catalog import adapters
from atelier.catalog.models import HouseAdapter
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from atelier.library.actions import require_published
from atelier.library.models import Artifact, ArtifactKind, CustomModel
from atelier.licences import inhouse
from atelier.licences.models import Licence
from atelier.licences.queries import permit
from atelier.material import titles
from atelier.material.models import Asset, Dataset
from atelier.material.states import AssetState
from licensing.judge import Action, Use

from . import origins
from .models import Training


def lacks(licence: Licence, dataset: Dataset) -> bool:
    """Whether the licence is an in-house one and the dataset is not its studio's."""
    return licence.revision.tier.offering.in_house and dataset.studio_id != licence.studio_id


def require(licence: Licence, dataset: Dataset) -> None:
    if lacks(licence, dataset):
        raise Refused(
            "not_the_studios",
            "In house, a model learns only from a dataset of the studio, each clip of which is of one of its cleared titles.",
            status=422,
        )


def made_by(person: User) -> QuerySet[CustomModel]:
    """Models that she trained in house, newest first."""
    return CustomModel.objects.filter(owner=person, licence__in=inhouse.held_by(person)).order_by("-created_at")


@transaction.atomic
def publish(*, model: CustomModel, by: User, name: str, description: str = "") -> HouseAdapter:
    """The model becomes a house adapter of its base, with the titles that its clips are of; of a base with two transformers, one for each.
    Asked again, the adapter that it became."""
    if there := HouseAdapter.objects.filter(model=model.pk).order_by("part").first():
        return there
    offering = model.licence.revision.tier.offering
    if not offering.in_house:
        raise Refused("not_in_house", "Only what a studio trained in house, on its own base, becomes a house adapter of it.")
    require_published(model)
    permit(model.licence, Action.DOWNLOAD, by, model.stands_on, use=Use(**model.use))
    training = Training.objects.select_related("quote").get(pk=model.training)
    about: dict[str, Any] = {"by": by, "description": description, "model": model.pk, **_learned(training)}
    about["titles"] = titles.of(training.quote.made_of)
    files = sorted(model.artifacts.filter(kind=ArtifactKind.WEIGHTS, layout=origins.LAYOUT), key=_part)
    rows = []
    for file in files:
        called = f"{name} · {_part(file)}" if len(files) > 1 else name
        facts: dict[str, Any] = {"name": called, "bytes": file.bytes, "sha256": file.sha256, "part": _part(file)}
        rows.append(adapters.open_adapter(version=offering.version, **facts, **about))
        outbox.post("trainings.fill_adapter", adapter=str(rows[-1].pk), key=file.key, by=str(by.pk))
    return rows[0]


def _part(file: Artifact) -> int:
    """Which of the base's transformers it is for: of two files, the one for clips with little noise goes on the second."""
    return 2 if "low_noise" in file.path else 1


def _learned(training: Training) -> dict[str, Any]:
    """Counted, not told."""
    used = Dataset.objects.filter(pk__in=training.quote.made_of)
    clips = Asset.objects.filter(dataset__in=used, state=AssetState.READY)
    first = Training.objects.filter(quote__dataset__in=used).order_by("created_at").values_list("created_at", flat=True)[0]
    seconds = clips.aggregate(total=Sum("duration"))["total"] or 0.0
    return {"data_points": clips.count(), "hours": seconds / 3600, "first_used_on": first.date()}


def fill(adapter: str, key: str, by: str) -> None:
    """Its file is the model's: copied inside the store, then checked like any that comes from outside. Safe to repeat."""
    row = HouseAdapter.objects.select_related("version__base__studio").get(pk=adapter)
    store.copy(store.MODELS, key, store.MODELS, row.key)
    adapters.complete(adapter=row, by=User.objects.get(pk=by))
