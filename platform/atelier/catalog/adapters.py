"""House adapters: a studio's own LoRA that a base wears, under whatever creators train on it. One file, uploaded, checked, published."""

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.kit import outbox, store, uploads
from atelier.kit.refused import Refused
from finetune.exits import BadJob
from finetune.job import Base, Frozen
from finetune.planning import house

from . import outline, rights, weights
from .models import BaseVersion, HouseAdapter, Title
from .states import VERSION, VersionState

LARGEST = 8 << 30
SHA256 = re.compile(r"[0-9a-f]{64}")
NAME = "adapter.safetensors"


@transaction.atomic
def open_adapter(
    *,
    version: BaseVersion,
    by: User,
    name: str,
    titles: Sequence[Title],
    bytes: int,
    sha256: str,
    description: str = "",
    model: UUID | None = None,
    part: int = 1,
    **learned: Any,
) -> HouseAdapter:
    """A draft whose file can now be uploaded. `learned`: of learned.GIVEN. Its titles are named, and every one of them is cleared.
    `model`: the custom model that becomes one. `part`: which of the base's transformers it goes on."""
    require_role(version.studio, by, STUDIO_WRITERS)
    if version.state != VersionState.PUBLISHED:
        raise Refused("not_published", "A house adapter goes on a published base model. Publish the base first.")
    _require_titles(version, titles)
    if part == 2 and not outline.paired(version):
        raise Refused("one_transformer", "This base has one transformer; a house adapter goes on that.", status=422, field="part")
    if not 1 <= bytes <= LARGEST:
        raise Refused("adapter_size", "A house adapter has at most %(most)s GiB.", status=422, field="bytes", most=LARGEST >> 30)
    if not SHA256.fullmatch(sha256):
        raise Refused("sha256_malformed", "A sha256 is 64 lower-case hexadecimal digits.", status=422, field="sha256")
    row = HouseAdapter(version=version, name=name, description=description, bytes=bytes, sha256=sha256, model=model, part=part, **learned)
    row.key = f"adapters/{row.id}/{NAME}"
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise Refused("adapter_taken", "This base has a house adapter %(name)s already. Choose another name.", name=name) from error
    row.titles.set(titles)
    _note(row, "adapter.open", by, name=name, base=version.public_id)
    return row


def _require_titles(version: BaseVersion, titles: Sequence[Title]) -> None:
    if not titles:
        raise Refused("titles_missing", "Name the titles that it learned from.", status=422, field="titles")
    if any(title.studio_id != version.base.studio_id for title in titles):
        raise Refused("foreign_title", "A house adapter learns only from titles of its own studio.", status=422)
    rights.require_cleared(titles)


@transaction.atomic
def send_parts(*, adapter: HouseAdapter, by: User, numbers: list[int]) -> list[uploads.PartLink]:
    """Signed links for these parts. For a refused one this begins the file anew."""
    row = _locked(adapter, by)
    if row.state not in (VersionState.DRAFT, VersionState.REFUSED):
        raise Refused("files_closed", "The file of this adapter can no longer change. Open another one.")
    links = uploads.links(row, store.MODELS, numbers)
    row.save(update_fields=["upload_id"])
    return links


@transaction.atomic
def complete(*, adapter: HouseAdapter, by: User) -> HouseAdapter:
    """The file is there: has it checked, and published if it is what it should be. Asking again while it is checked asks nothing more."""
    row = _locked(adapter, by)
    if row.state not in (VersionState.DRAFT, VersionState.REFUSED):
        return row
    rights.require_cleared(row.titles.all())
    _put_together(row)
    VERSION.move(row, VersionState.CHECKING, problem="", upload_id="")
    _note(row, "adapter.publish", by)
    outbox.post("catalog.inspect_adapter", adapter=str(row.id))
    return row


def inspect(row: HouseAdapter) -> None:
    """Reads the file back, holds it against the base's layers, and publishes or refuses it."""
    problem = _problem(row)
    if problem:
        VERSION.move(row, VersionState.REFUSED, problem=problem)
    else:
        VERSION.move(row, VersionState.PUBLISHED, problem="", published_at=Now())
        row.refresh_from_db()
    _note(row, f"adapter.{row.state}", None, digest=row.digest, problem=row.problem)


def _problem(row: HouseAdapter) -> str:
    with TemporaryDirectory(prefix="adapter-") as folder:
        path = Path(folder) / NAME
        if store.get_file(store.MODELS, row.key, path) != row.sha256 or path.stat().st_size != row.bytes:
            return "The file in the store is not the one that you declared. Send it again."
        try:
            with path.open("rb") as file:
                weights.check(NAME, file.read(weights.HEAD_BYTES), row.bytes)
            named = Frozen(str(path), row.digest)
            house.read(Base("", row.version.digest, *((named, None) if row.part == 1 else (None, named))), outline.facts_of(row.version))
        except weights.BadFile as error:
            return f"The file {error}."
        except BadJob as error:
            return str(error).removeprefix("base.adapter").removeprefix("_2").removeprefix(".path").removeprefix(":").strip()
    return ""


def _locked(adapter: HouseAdapter, by: User) -> HouseAdapter:
    require_role(adapter.studio, by, STUDIO_WRITERS)
    return HouseAdapter.objects.select_for_update(of=("self",)).select_related("version__base").get(pk=adapter.pk)


def _put_together(row: HouseAdapter) -> None:
    """An earlier try may have done so and died before its commit: then the whole object is there."""
    try:
        uploads.finish(row, store.MODELS)
    except Refused as refused:
        if refused.code not in ("object_missing", "parts_missing") or not _whole(row):
            raise


def _whole(row: HouseAdapter) -> bool:
    try:
        return store.size(store.MODELS, row.key) == row.bytes
    except Refused as refused:
        if refused.code == "object_missing":
            return False
        raise


def _note(row: HouseAdapter, action: str, by: User | None, **detail: Any) -> None:
    record(
        action=action,
        subject=row.public_id,
        studio=row.version.base.studio_id,
        actor=by.id if by else None,
        titles=[title.public_id for title in row.titles.all()],
        **detail,
    )
