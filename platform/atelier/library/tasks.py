"""Writes the certificate into the copy of a model that somebody is given, on queue io."""

from atelier.kit import outbox
from atelier.kit.refused import Refused
from atelier.licences.actions import note

from . import actions, leaks, stamping
from .models import CustomModel, Fingerprint, Handover, Outcome

__all__ = ["leaks", "stamp"]


@outbox.handles("library.stamp")
def stamp(handover: str) -> None:
    """Safe to repeat: an outcome ends it. Without a store the message comes again; every other refusal is the outcome."""
    row = Handover.objects.select_related("artifact__model", "licence", "person").get(pk=handover)
    if row.found is not None:
        return
    try:
        actions.require_allowed(row)
        copy = stamping.prepare(row)
        # A withdrawal that came meanwhile has won; one that comes now waits, and then finds the copy to put on the list.
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
    facts = {"layout": row.artifact.layout, "sha256": copy.sha256, "tensors": copy.tensors, "licensee": row.licence.number}
    note(row.licence, "model.certify", row.public_id, None, model=row.artifact.model.public_id, **facts)
