"""What studios show of a base model: a few short clips that it made. Checking one reads a stranger's film, which happens further up the
staircase (studio/bases_samples.py); what comes of it is written here."""

import re
from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import Max

from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.kit import outbox, store, uploads
from atelier.kit.refused import Refused

from .models import BaseVersion, Sample
from .states import SAMPLE, SampleState, VersionState

MOST = 8
LARGEST = 5 << 20
LONGEST_PROMPT = 500
SHA256 = re.compile(r"[0-9a-f]{64}")
# Longer ones are films, not samples.
MOST_SECONDS = 30.0
CONTENT_TYPES = {".mp4": "video/mp4", ".webp": "image/webp"}


@transaction.atomic
def add(*, version: BaseVersion, by: User, prompt: str, bytes: int, sha256: str) -> Sample:
    """A sample whose file can now be uploaded (`part`). Raises Refused when there are MOST already."""
    require_role(version.studio, by, STUDIO_WRITERS)
    state = BaseVersion.objects.select_for_update().values_list("state", flat=True).get(pk=version.pk)
    if state == VersionState.WITHDRAWN:
        raise Refused("withdrawn", "This version was withdrawn; it shows nothing any more.")
    if version.samples.count() >= MOST:
        raise Refused("samples_full", "A version shows at most %(most)s samples. Remove one first.", most=MOST)
    if not 1 <= bytes <= LARGEST:
        raise Refused("sample_size", "A sample has at most %(most)s MB.", status=422, most=LARGEST >> 20, field="bytes")
    if not SHA256.fullmatch(sha256):
        raise Refused("sha256_malformed", "A sha256 is 64 lower-case hexadecimal digits.", status=422, field="sha256")
    last = version.samples.aggregate(last=Max("order"))["last"] or 0
    sample = Sample(version=version, prompt=prompt, order=last + 1, bytes=bytes, sha256=sha256)
    sample.key = f"samples/{version.id}/{sample.id}"
    sample.save(force_insert=True)
    _note(sample, "sample.add", by)
    return sample


@transaction.atomic
def part(*, sample: Sample, by: User) -> uploads.PartLink:
    """The signed link for the whole file: a sample is smaller than one part."""
    _arriving(sample, by)
    [link] = uploads.links(sample, store.QUARANTINE, [1])
    sample.save(update_fields=["upload_id"])
    return link


@transaction.atomic
def complete(*, sample: Sample, by: User) -> None:
    """The file is there: has it checked. Asking again while it is checked, or after, asks nothing more."""
    row = _locked(sample, by)
    if row.state != SampleState.ARRIVING:
        sample.state = row.state
        return
    _put_together(row)
    SAMPLE.move(row, SampleState.CHECKING, upload_id="")
    sample.state, sample.upload_id = row.state, row.upload_id
    outbox.post("studio.check_sample", sample=str(row.id))


@transaction.atomic
def remove(*, sample: Sample, by: User) -> None:
    row = _locked(sample, by)
    _note(row, "sample.remove", by)
    keys = {store.QUARANTINE: [row.key], store.MATERIAL: [key for key in (row.clean_key, row.thumb_key) if key]}
    outbox.post("catalog.discard_sample", upload=row.upload_id, keys=keys)
    row.delete()


def keep(sample: Sample, facts: Mapping[str, Any]) -> None:
    """It is what it should be. `facts`: clean_key, thumb_key, content_type, width, height, seconds."""
    SAMPLE.move(sample, SampleState.READY, problem="", **facts)
    _note(sample, "sample.ready", None)
    outbox.post("catalog.discard_sample", upload="", keys={store.QUARANTINE: [sample.key]})


def refuse(sample: Sample, problem: str) -> None:
    SAMPLE.move(sample, SampleState.REFUSED, problem=problem)
    _note(sample, "sample.refuse", None)
    outbox.post("catalog.discard_sample", upload="", keys={store.QUARANTINE: [sample.key]})


def _locked(sample: Sample, by: User) -> Sample:
    require_role(sample.version.studio, by, STUDIO_WRITERS)
    row = Sample.objects.select_for_update(of=("self",)).filter(pk=sample.pk).first()
    if row is None:
        raise Refused("moved_meanwhile", "This sample was removed meanwhile.")
    return row


def _put_together(row: Sample) -> None:
    """An earlier try may have done so and died before its commit: then the whole object is there."""
    try:
        uploads.finish(row, store.QUARANTINE)
    except Refused as refused:
        if refused.code != "object_missing" or store.size(store.QUARANTINE, row.key) != row.bytes:
            raise


def _arriving(sample: Sample, by: User) -> None:
    if _locked(sample, by).state != SampleState.ARRIVING:
        raise Refused("file_complete", "The file of this sample has arrived already.")


def _note(sample: Sample, action: str, by: User | None) -> None:
    version = sample.version
    actor = by.id if by else None
    record(action=action, subject=sample.public_id, studio=version.base.studio_id, actor=actor, version=version.public_id)
