"""A person's custom models: told with their files and every copy that was handed over; gone when she closes her account.

Copies that she has downloaded stay good until their licence ends: closing an account takes nothing back, so no revocation list names them.
"""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import erases, exports, facts
from atelier.accounts.models import User
from atelier.kit import outbox, store
from atelier.licences.actions import note

from .models import Artifact, CustomModel, Handover, Leak, Outcome
from .states import MODEL, ModelState


@exports("models")
def models(person: User) -> Iterator[dict[str, Any]]:
    for row in (
        CustomModel.objects.filter(owner=person).select_related("licence").prefetch_related("artifacts", "declarations").order_by("pk")
    ):
        files = [facts(file, "path", "kind", "layout", "bytes", "sha256") for file in row.artifacts.all()]
        declared = [facts(each, "number", "use") for each in row.declarations.all()]
        said = facts(row, "name", "state", "licence", "training", "dataset_root", "use", "manifest")
        yield {**said, "files": files, "declared": declared}


@exports("downloads")
def downloads(person: User) -> Iterator[dict[str, Any]]:
    for row in (
        Handover.objects.filter(person=person)
        .select_related("artifact__model", "adapter", "licence", "outcome", "fingerprint")
        .order_by("pk")
    ):
        copy = facts(row.found, "sha256", "bytes", "tensors", "signed_by", "sentence") if row.found else {}
        mark = getattr(row, "fingerprint", None)
        of = {"model": row.artifact.model.public_id, "path": row.artifact.path} if row.artifact else {"adapter": row.source.public_id}
        about = {**of, "fingerprint": mark.public_id if mark else None}
        yield {**facts(row, "licence", "use", "ends_at"), **about, "copy": copy}


@exports("leak_questions")
def leak_questions(person: User) -> Iterator[dict[str, Any]]:
    """Of somebody at the desk."""
    for row in Leak.objects.filter(by=person).order_by("pk"):
        yield facts(row, "name", "state")


@erases
def withdraw(person: User) -> None:
    for model in CustomModel.objects.filter(owner=person, state=ModelState.PUBLISHED).select_related("licence"):
        MODEL.move(model, ModelState.WITHDRAWN)
        note(model.licence, "model.withdraw", model.public_id, person.id, reason="account closed")
    stored = Artifact.objects.filter(model__owner=person).values_list("key", flat=True)
    copies = Outcome.objects.filter(handover__person=person).exclude(key="").values_list("key", flat=True)
    outbox.post("library.discard", keys=[*stored, *copies])


@outbox.handles("library.discard")
def discard(keys: list[str]) -> None:
    store.delete_all(store.MODELS, keys)
