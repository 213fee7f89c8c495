"""Publish what a training made; hand it over after asking the rules again; take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.catalog.models import HouseAdapter
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from atelier.licences import revocations, signing
from atelier.licences.actions import note
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, permit
from licensing.judge import Action, Use

from .models import Artifact, ArtifactKind, CustomModel, Declaration, Handover, Outcome, Source
from .states import MODEL, ModelState

PICTURES = (ArtifactKind.PREVIEW, ArtifactKind.SHEET)
# How long a link to a file of a model lives: a download begins at once, and one that has begun goes on. What is withdrawn meanwhile can
# be fetched for no longer than this; a takedown has the copies of weights deleted besides, which is sooner.
GIVEN_SECONDS = 30
# A handover without an outcome for this long is not waited for: its message met something that a person has to look at.
BEING_MADE = timedelta(minutes=10)


@dataclass(frozen=True)
class StoredFile:
    """A file that lies in the bucket `models` and was read back: its digest is what the store gives."""

    path: str
    key: str
    sha256: str
    bytes: int
    kind: str
    layout: str = ""


@dataclass(frozen=True)
class Link:
    url: str
    expires_at: Any
    filename: str
    sha256: str
    bytes: int


def publish(
    *,
    owner: User,
    licence: Licence,
    training: UUID,
    dataset_root: str,
    name: str,
    use: dict[str, Any],
    manifest: dict[str, Any],
    files: Sequence[StoredFile],
) -> CustomModel:
    """Writes the model and its files; those that people look at are its files once they are signed, on queue io. Runs inside the
    training's finishing transaction, which decides that it is the only one."""
    model = CustomModel.objects.create(
        owner=owner, licence=licence, training=training, dataset_root=dataset_root, name=name, use=use, manifest=manifest
    )
    Declaration.objects.create(model=model, number=1, by=owner, use=use)
    Artifact.objects.bulk_create(
        Artifact(model=model, kind=f.kind, layout=f.layout, path=f.path, key=f.key, sha256=f.sha256, bytes=f.bytes)
        for f in files
        if f.kind not in PICTURES
    )
    for file in files:
        if file.kind in PICTURES:
            outbox.post("library.sign", model=str(model.pk), made_at=database_now().isoformat(), file=vars(file))
    note(licence, "model.publish", model.public_id, owner.id, files=len(files))
    return model


@transaction.atomic
def hand_over(*, model: CustomModel, path: str, person: User) -> Handover | Link:
    """After asking the rules: for weights a Handover, whose copy is stamped on queue io; for everything else a link at once.

    The same wish again gives the same Handover while its copy is still right: the same licence, end, use and key. Each is noted.
    """
    artifact = model.artifacts.filter(path=path).first()
    if artifact is None:
        require_published(model)
        raise Refused("not_found", "This model has no such file.", status=404)
    _permit(artifact, person)
    store.require(store.MODELS, artifact.key)
    if artifact.kind != ArtifactKind.WEIGHTS:
        return _link(artifact.key, filename(artifact), artifact.sha256, artifact.bytes)
    handover = standing(artifact, model.licence, person) or _prepare(artifact, model.licence, person)
    facts = {"path": artifact.path, "layout": artifact.layout, "sha256": artifact.sha256, "handover": handover.public_id}
    note(model.licence, "model.hand_over", model.public_id, person.id, **facts)
    return handover


@transaction.atomic
def hand_adapter(*, licence: Licence, person: User, wanted: str = "") -> Handover:
    """The house adapter of a licence that grants the base model's files: a copy of her own, marked and with its certificate. `wanted`: the
    public id of one, where the base wears two."""
    if licence.holder_id != person.pk:
        raise Refused("holder_only", "Only the holder of the licence can download the base model.", status=403)
    adapter = next((each for each in licence.revision.tier.offering.worn if wanted in ("", each.public_id)), None)
    if adapter is None:
        raise Refused("no_adapter", "No house adapter belongs to this licence.", status=404)
    permit(licence, Action.DOWNLOAD_BASE, person, (adapter.pk,))
    store.require(store.MODELS, adapter.key)
    handover = standing(adapter, licence, person) or _prepare(adapter, licence, person)
    Licence.objects.filter(pk=licence.pk, base_taken_at=None).update(base_taken_at=Now())
    note(licence, "adapter.hand_over", adapter.public_id, person.pk, sha256=adapter.sha256, handover=handover.public_id)
    return handover


@transaction.atomic
def link(*, handover: Handover) -> Link | None:
    """A link of half a minute to the stamped copy, after asking the rules again; None while there is no copy. Noted each time."""
    found = handover.found
    if found is None or found.code:
        return None
    require_allowed(handover)
    store.require(store.MODELS, found.key)
    facts = {"handover": handover.public_id, "sha256": found.sha256}
    note(handover.licence, f"{deed(handover)}.link", subject(handover), handover.person_id, **facts)
    return _link(found.key, filename(handover.source), found.sha256, found.bytes)


def deed(handover: Handover) -> str:
    """How the log's actions about it begin."""
    return "adapter" if handover.adapter else "model"


def subject(handover: Handover) -> str:
    """What the log's entries about it are about: the model, or the house adapter."""
    return (handover.artifact.model if handover.artifact else handover.source).public_id


def _said(source: Source, licence: Licence) -> dict[str, Any]:
    """What a certificate of today would say."""
    return {"use": source.model.use if isinstance(source, Artifact) else {}, "ends_at": licence.expires_at}


def _of(source: Source) -> dict[str, Source]:
    return {"artifact" if isinstance(source, Artifact) else "adapter": source}


def standing(source: Source, licence: Licence, person: User) -> Handover | None:
    """An earlier handover that is as good as a new one: its copy says what a new one would, or is just being made."""
    same = Handover.objects.select_related("outcome").filter(person=person, licence=licence, **_of(source), **_said(source, licence))
    ready = Q(outcome__code="", outcome__signed_by=signing.keys().signer.public.id)
    being_made = Q(outcome=None, created_at__gt=Now() - BEING_MADE)
    found = same.filter(ready | being_made).order_by("-created_at").first()
    return found if found is None or found.found is None or _lies(found.found) else None


def _lies(outcome: Outcome) -> bool:
    """Whether the copy is in the store still: a takedown, even one that was lifted since, has it deleted."""
    try:
        store.require(store.MODELS, outcome.key)
    except Refused as refused:
        if refused.code != "object_missing":
            raise
        return False
    return True


def _prepare(source: Source, licence: Licence, person: User) -> Handover:
    handover = Handover.objects.create(person=person, licence=licence, **_of(source), **_said(source, licence))
    outbox.post("library.stamp", handover=str(handover.pk))
    return handover


def require_allowed(handover: Handover) -> None:
    """Whether the rules would still hand it over. Raises Refused."""
    if handover.artifact:
        _permit(handover.artifact, handover.person)
    else:
        permit(handover.licence, Action.DOWNLOAD_BASE, handover.person, (handover.source.pk, handover.pk))


def require_published(model: CustomModel) -> None:
    if model.state != ModelState.PUBLISHED:
        raise Refused("model_withdrawn", "This model was withdrawn and can no longer be downloaded.", status=410)


def _permit(artifact: Artifact, person: User) -> None:
    model = artifact.model
    require_published(model)
    action = Action.DOWNLOAD if artifact.kind == ArtifactKind.WEIGHTS else Action.PREVIEW
    permit(model.licence, action, person, (*model.stands_on, artifact.pk), use=Use(**model.use))


def _link(key: str, name: str, sha256: str, size: int) -> Link:
    expires_at = database_now() + timedelta(seconds=GIVEN_SECONDS)
    return Link(store.link(store.MODELS, key, name, seconds=GIVEN_SECONDS), expires_at, name, sha256, size)


@transaction.atomic
def rename(*, model: CustomModel, name: str, by: User) -> None:
    """What its owner calls it. Files, certificates and the log know it by its id."""
    CustomModel.objects.filter(pk=model.pk).update(name=name)
    model.name = name
    note(model.licence, "model.rename", model.public_id, by.id)


@transaction.atomic
def declare(*, model: CustomModel, use: Use, by: User) -> Declaration:
    """What it is for from now on, if the licence grants that. Quotes, trainings and copies of before keep what was declared for them."""
    row = CustomModel.objects.select_for_update(no_key=True, of=("self",)).select_related("licence").get(pk=model.pk)
    require_published(row)
    permit(row.licence, Action.DOWNLOAD, by, row.stands_on, use=use)
    said = {"stage": use.stage, "media": list(use.media), "territories": list(use.territories), "commercial": use.commercial}
    newest = row.declarations.last()
    if newest and newest.use == said:
        return newest
    made = Declaration.objects.create(model=row, number=newest.number + 1 if newest else 1, by=by, use=said)
    CustomModel.objects.filter(pk=row.pk).update(use=said)
    model.use = said
    note(row.licence, "model.declare", row.public_id, by.id, use=said)
    return made


@transaction.atomic
def withdraw(*, model: CustomModel, by: UUID | None, reason: str) -> None:
    MODEL.move(model, ModelState.WITHDRAWN)
    tensors = Outcome.objects.filter(handover__artifact__model=model, code="").values_list("tensors", flat=True).distinct()
    revocations.withdraw_models(list(tensors))
    note(model.licence, "model.withdraw", model.public_id, by, reason=reason)


def filename(artifact: Source) -> str:
    """Ours, never the uploader's: model id, layout and extension."""
    if isinstance(artifact, HouseAdapter):
        return f"{artifact.public_id}-diffusers.safetensors"
    model, path = artifact.model, PurePosixPath(artifact.path)
    return f"{model.public_id}-{artifact.layout}{path.suffix}" if artifact.layout else f"{model.public_id}-{path.name}"
