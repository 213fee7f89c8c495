"""On queue io, where the keys are: the certificate goes into the copy of a model that somebody is given, and a signed manifest into its
pictures."""

from datetime import datetime
from typing import Any

from atelier.kit import ids, outbox, store
from atelier.kit.refused import Refused
from atelier.licences.actions import note

from . import actions, leaks, stamping
from .models import Artifact, CustomModel, Fingerprint, Handover, Outcome
from .provenance import shelf

__all__ = ["leaks", "stamp"]


@outbox.handles("library.stamp")
def stamp(handover: str) -> None:
    """Safe to repeat: an outcome ends it. Without a store the message comes again; every other refusal is the outcome."""
    row = Handover.objects.select_related("artifact__model", "adapter__version", "licence", "person").get(pk=handover)
    if row.found is not None:
        return
    try:
        actions.require_allowed(row)
        copy = stamping.prepare(row)
        # A withdrawal that came meanwhile has won; one that comes now waits, and then finds the copy to put on the list.
        if row.artifact:
            CustomModel.objects.select_for_update(no_key=True).get(pk=row.artifact.model_id)
            row.artifact.model.refresh_from_db()
        actions.require_allowed(row)
    except Refused as refused:
        if refused.status == 503:
            raise
        Outcome.objects.create(handover=row, code=refused.code[:40], sentence=refused.sentence)
        return
    said = dict(vars(copy))
    if mark := said.pop("mark"):
        Fingerprint.objects.create(handover=row, **vars(mark))
    Outcome.objects.create(handover=row, **said)
    about = {"layout": row.artifact.layout} if row.artifact else {}
    facts = {**about, "sha256": copy.sha256, "tensors": copy.tensors, "licensee": row.licence.number}
    note(row.licence, f"{actions.deed(row)}.certify", row.public_id, None, **{actions.deed(row): actions.subject(row)}, **facts)


@outbox.handles("library.sign")
def sign(model: str, made_at: str, file: dict[str, Any]) -> None:
    """One of the clips and pictures that came with a model. Safe to repeat: its row ends it."""
    row = CustomModel.objects.select_related("licence__revision__tier__offering__version").get(pk=model)
    if row.artifacts.filter(path=file["path"]).exists():
        return
    if store.digest(store.MODELS, file["key"]) != file["sha256"]:
        raise Refused("object_altered", "The file in the object store is not the one that the training made. Write to us.", status=500)
    named = {"model": row.public_id, "training": ids.public("trn", row.training)}
    made = shelf.sign(store.MODELS, file["key"], shelf.about(row.licence, row.public_id, datetime.fromisoformat(made_at), **named))
    Artifact.objects.create(model=row, kind=file["kind"], path=file["path"], key=made.key, sha256=made.sha256, bytes=made.bytes)
