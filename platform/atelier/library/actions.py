"""Publish what a training made; hand it over after asking the rules again; take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from django.db import transaction

from atelier.accounts.models import User
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.licences.actions import note
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, permit
from licensing.judge import Action, Use

from .models import Artifact, ArtifactKind, CustomModel, Handover
from .states import MODEL, ModelState


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
    """Writes the model and its files. Runs inside the training's finishing transaction, which decides that it is the only one."""
    model = CustomModel.objects.create(
        owner=owner, licence=licence, training=training, dataset_root=dataset_root, name=name, use=use, manifest=manifest
    )
    Artifact.objects.bulk_create(
        Artifact(model=model, kind=f.kind, layout=f.layout, path=f.path, key=f.key, sha256=f.sha256, bytes=f.bytes) for f in files
    )
    note(licence, "model.publish", model.public_id, owner.id, files=len(files))
    return model


def hand_over(*, model: CustomModel, path: str, person: User) -> Link:
    """A link of five minutes to one file, after asking the rules again. Weights leave an audit entry and a Handover row."""
    if model.state != ModelState.PUBLISHED:
        raise Refused("model_withdrawn", "This model was withdrawn and can no longer be downloaded.", status=410)
    artifact = model.artifacts.filter(path=path).first()
    if artifact is None:
        raise Refused("not_found", "This model has no such file.", status=404)
    weights = artifact.kind == ArtifactKind.WEIGHTS
    permit(model.licence, Action.DOWNLOAD if weights else Action.PREVIEW, person, use=Use(**model.use))
    store.require(store.MODELS, artifact.key)
    filename = _filename(model, artifact)
    expires_at = database_now() + timedelta(seconds=store.LINK_SECONDS)
    if weights:
        _remember(artifact, person, expires_at)
    return Link(store.link(store.MODELS, artifact.key, filename), expires_at, filename, artifact.sha256, artifact.bytes)


@transaction.atomic
def _remember(artifact: Artifact, person: User, expires_at: Any) -> None:
    model = artifact.model
    Handover.objects.create(artifact=artifact, person=person, licence=model.licence, expires_at=expires_at)
    note(model.licence, "model.hand_over", model.public_id, person.id, path=artifact.path, layout=artifact.layout, sha256=artifact.sha256)


@transaction.atomic
def withdraw(*, model: CustomModel, by: UUID | None, reason: str) -> None:
    MODEL.move(model, ModelState.WITHDRAWN)
    note(model.licence, "model.withdraw", model.public_id, by, reason=reason)


def _filename(model: CustomModel, artifact: Artifact) -> str:
    """Ours, never the uploader's: model id, layout and extension."""
    path = PurePosixPath(artifact.path)
    return f"{model.public_id}-{artifact.layout}{path.suffix}" if artifact.layout else f"{model.public_id}-{path.name}"
