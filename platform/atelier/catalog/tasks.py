"""Checks of uploaded base models, and what is cleared away, on queue io."""

from django.db.models.functions import Now

from atelier.audit.actions import record
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from finetune import manifest

from . import adapters, outline, weights
from .models import BaseFile, BaseVersion, HouseAdapter
from .states import VERSION, VersionState


@outbox.handles("catalog.inspect")
def inspect(version: str) -> None:
    """Reads every file back from the store; publishes the version, or refuses it with a sentence naming the file."""
    row = BaseVersion.objects.select_for_update(skip_locked=True, of=("self",)).select_related("base").filter(pk=version).first()
    if row is None or row.state != VersionState.CHECKING:
        return
    files = sorted(row.files.all(), key=lambda file: file.path)
    problem = next((sentence for file in files if (sentence := _problem(file))), "")
    try:
        facts = {} if problem else outline.read(row)
    except outline.BadBase as bad:
        problem = str(bad)
    if problem:
        VERSION.move(row, VersionState.REFUSED, problem=problem)
    else:
        digest = digest_of({file.path: file.sha256 for file in files})
        VERSION.move(row, VersionState.PUBLISHED, problem="", digest=digest, facts=facts, published_at=Now())
    _note(row)


@outbox.handles("catalog.inspect_adapter")
def inspect_adapter(adapter: str) -> None:
    rows = HouseAdapter.objects.select_for_update(skip_locked=True, of=("self",)).select_related("version__base")
    row = rows.filter(pk=adapter, state=VersionState.CHECKING).first()
    if row is not None:
        adapters.inspect(row)


def digest_of(sha256: dict[str, str]) -> str:
    """What finetune.manifest.directory_digest gives for a directory of these files (path to hex sha256)."""
    return manifest.digest(manifest.canonical(sorted([path, value] for path, value in sha256.items())))


def _problem(file: BaseFile) -> str:
    """A sentence that names the file, or nothing when it is as declared."""
    if store.size(store.MODELS, file.key) != file.bytes:
        return f"{file.path} has another size in the store than you declared. Send it again."
    if store.digest(store.MODELS, file.key) != file.sha256:
        return f"{file.path} has another sha256 in the store than you declared. Send it again."
    try:
        weights.check(file.path, store.head(store.MODELS, file.key, weights.HEAD_BYTES), file.bytes)
    except weights.BadFile as error:
        return f"{file.path} {error}."
    return ""


@outbox.handles("catalog.discard_sample")
def discard_sample(upload: str, keys: dict[str, list[str]]) -> None:
    """What a sample leaves behind in the store. What is gone already stays gone."""
    if upload:
        try:
            store.abort_multipart(store.QUARANTINE, keys[store.QUARANTINE][0], upload)
        except Refused as refused:
            if refused.code != "object_missing":
                raise
    for where, names in keys.items():
        for name in names:
            store.delete(where, name)


def _note(row: BaseVersion) -> None:
    record(
        action=f"base.{row.state}",
        subject=row.public_id,
        studio=row.base.studio_id,
        actor=None,
        digest=row.digest,
        problem=row.problem,
    )
