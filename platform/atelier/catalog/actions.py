"""What studios do with their catalogue."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from django.db import IntegrityError, transaction

from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.models import Studio, User
from atelier.audit.actions import record
from atelier.kit import outbox, store, uploads
from atelier.kit.refused import Refused
from finetune.manifest import MODEL_SUFFIXES
from licensing.money import Money
from licensing.terms import VERSION as TERMS_VERSION
from licensing.terms import BadTerms, Terms

from . import rights
from .models import BaseFile, BaseModel, BaseVersion, HouseAdapter, Offering, Tier, TierRevision, Title
from .states import VERSION, VersionState

MOST_FILES = 200
LONGEST_PATH = 150
LARGEST_FILE = 200 << 30
# The payment provider takes no card payment below this.
LEAST_PRICE = 50
# What terms grant that do not name it.
LEAST = {"priority": False, "concurrent_trainings": 1}
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]*(/[A-Za-z0-9_][A-Za-z0-9_.\-]*)*")
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class FileSpec:
    """A file that is going to be uploaded: its path inside the model directory, its size and its sha256 (hex)."""

    path: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Clip:
    """What a training clip for this base has by default."""

    height: int
    width: int
    frames: int
    fps: float


@transaction.atomic
def open_base(
    *,
    studio: Studio,
    by: User,
    name: str,
    version: str,
    family: str,
    clip: Clip,
    titles: Sequence[Title],
    files: Sequence[FileSpec],
    description: str = "",
    **learned: Any,
) -> BaseVersion:
    """A draft to which the files can now be uploaded. `learned`: of learned.GIVEN. Raises Refused (422) naming the file that cannot be
    taken, or (409) the titles that are not cleared."""
    require_role(studio, by, STUDIO_WRITERS)
    _check_files(files)
    if any(title.studio_id != studio.id for title in titles):
        raise Refused("foreign_title", "A base model learns only from titles of its own studio.", status=422)
    rights.require_cleared(titles)
    base, _ = BaseModel.objects.get_or_create(studio=studio, name=name)
    row = BaseVersion(
        base=base,
        version=version,
        family=family,
        description=description,
        height=clip.height,
        width=clip.width,
        frames=clip.frames,
        fps=clip.fps,
        **learned,
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        taken: dict[str, Any] = {"name": name, "version": version}
        raise Refused("version_taken", "%(name)s has a version %(version)s already. Choose another version.", **taken) from error
    row.titles.set(titles)
    BaseFile.objects.bulk_create(
        BaseFile(version=row, path=file.path, key=f"bases/{row.id}/{file.path}", bytes=file.bytes, sha256=file.sha256) for file in files
    )
    _note(row, "base.open", by, name=name, number=version, files=len(files), titles=[title.public_id for title in titles])
    return row


def _check_files(files: Sequence[FileSpec]) -> None:
    if not 1 <= len(files) <= MOST_FILES:
        raise Refused("file_count", "A base model has 1 to %(most)s files.", status=422, most=MOST_FILES)
    for file in files:
        _check_file(file)
    paths = [file.path.lower() for file in files]
    folders = {parent.as_posix() for path in paths for parent in PurePosixPath(path).parents}
    for path, times in Counter(paths).items():
        if times > 1 or path in folders:
            raise _refuse_file(path, "stands twice, or is a folder and a file at once")
    if not any(path.endswith(".safetensors") for path in paths):
        raise Refused("no_weights", "A base model needs at least one .safetensors file.", status=422)


def _check_file(file: FileSpec) -> None:
    if len(file.path) > LONGEST_PATH or not PATH.fullmatch(file.path):
        raise _refuse_file(file.path, f"is no plain relative path of at most {LONGEST_PATH} letters, digits and . _ - /")
    if not file.path.endswith(MODEL_SUFFIXES):
        raise _refuse_file(file.path, f"is not taken: files end in {', '.join(MODEL_SUFFIXES)}, and weights are never pickles")
    if not 1 <= file.bytes <= LARGEST_FILE:
        raise _refuse_file(file.path, f"must have 1 to {LARGEST_FILE >> 30} GiB")
    if not SHA256.fullmatch(file.sha256):
        raise _refuse_file(file.path, "needs its sha256 as 64 lower-case hexadecimal digits")


def _refuse_file(path: str, why: str) -> Refused:
    return Refused("file_not_taken", f"{path[:LONGEST_PATH]} {why}.", status=422, file=path[:LONGEST_PATH])


@transaction.atomic
def send_parts(*, version: BaseVersion, by: User, path: str, numbers: list[int]) -> list[uploads.PartLink]:
    """Signed links for these parts of the file. In a refused version this begins the file anew."""
    file = _file_in_work(version, by, path)
    if file.complete and version.state == VersionState.DRAFT:
        raise Refused("file_complete", "%(path)s has arrived already.", path=path)
    links = uploads.links(file, store.MODELS, numbers)
    file.complete = False
    file.save(update_fields=["upload_id", "complete"])
    return links


@transaction.atomic
def complete_file(*, version: BaseVersion, by: User, path: str) -> BaseFile:
    """Puts the parts of the file together; complete already means nothing is left to do."""
    file = _file_in_work(version, by, path)
    if not file.complete:
        uploads.finish(file, store.MODELS)
        file.complete = True
        file.save(update_fields=["upload_id", "complete"])
    return file


def _file_in_work(version: BaseVersion, by: User, path: str) -> BaseFile:
    """The file, its version locked in a state in which files may still come in: what is being checked must not change."""
    require_role(version.studio, by, STUDIO_WRITERS)
    version.state = BaseVersion.objects.select_for_update().values_list("state", flat=True).get(pk=version.pk)
    if version.state not in (VersionState.DRAFT, VersionState.REFUSED):
        raise Refused("files_closed", "The files of this version can no longer change. Open a new version.")
    file = BaseFile.objects.select_for_update().filter(version=version, path=path).first()
    if file is None:
        raise Refused("no_such_file", "This version was opened without a file %(path)s.", status=404, path=path[:LONGEST_PATH])
    return file


@transaction.atomic
def publish(*, version: BaseVersion, by: User) -> None:
    """Has the files checked, and the version published if all are what they should be. Asking again while it is checked asks again."""
    require_role(version.studio, by, STUDIO_WRITERS)
    version.state = BaseVersion.objects.select_for_update().values_list("state", flat=True).get(pk=version.pk)
    missing = list(version.files.filter(complete=False).values_list("path", flat=True))
    if missing:
        facts: dict[str, Any] = {"first": missing[0], "count": len(missing), "missing": missing}
        raise Refused("files_missing", "%(first)s has not arrived yet; %(count)s missing in all.", **facts)
    rights.require_cleared(version.titles.all())
    if version.state != VersionState.CHECKING:
        VERSION.move(version, VersionState.CHECKING, problem="")
        _note(version, "base.publish", by)
    outbox.post("catalog.inspect", version=str(version.id))


@transaction.atomic
def open_offering(
    *, version: BaseVersion, by: User, name: str, adapter: HouseAdapter | None = None, adapter_2: HouseAdapter | None = None
) -> Offering:
    """Over the base alone, or over the base that wears house adapters of its own, one on each of its transformers."""
    require_role(version.studio, by, STUDIO_WRITERS)
    for part, worn in enumerate((adapter, adapter_2), 1):
        field = "adapter" if part == 1 else "adapter_2"
        if worn and worn.version_id != version.pk:
            raise Refused("adapter_elsewhere", "This house adapter was made for another base model.", status=422, field=field)
        if worn and worn.part != part:
            raise Refused("adapter_part", "This house adapter goes on the other transformer of its base.", status=422, field=field)
    offering = Offering(studio=version.studio, version=version, adapter=adapter, adapter_2=adapter_2, name=name)
    _require_published(offering)
    offering.save(force_insert=True)
    facts = {"name": name, "version": version.public_id, "adapter": ", ".join(each.public_id for each in offering.worn)}
    record(action="offering.open", subject=offering.public_id, studio=offering.studio_id, actor=by.id, **facts)
    return offering


def _require_published(offering: Offering) -> None:
    """Nothing is sold over what is not, or no longer, published, nor over what a studio keeps for its own people."""
    if offering.in_house:
        raise Refused("in_house", "This is for the studio's own people, and never on sale.")
    if offering.version.state != VersionState.PUBLISHED:
        raise Refused("not_published", "Only a published base model can be offered, and this one is not, or no longer.")
    if any(each.state != VersionState.PUBLISHED for each in offering.worn):
        raise Refused("not_published", "Only a published house adapter can be offered, and this one is not, or no longer.")


@transaction.atomic
def open_tier(*, offering: Offering, by: User, name: str, terms: Mapping[str, Any], price: Money) -> Tier:
    """A new tier on sale, with its first revision. `terms` without grantor, offering and base_digest: these come from the rows."""
    require_role(offering.studio, by, STUDIO_WRITERS)
    _require_published(offering)
    try:
        with transaction.atomic():
            tier = Tier.objects.create(offering=offering, name=name)
    except IntegrityError as error:
        raise Refused("tier_taken", "This offering has a tier %(name)s already. Revise it, or choose another name.", name=name) from error
    _revise(tier, by, "tier.open", terms, price)
    return tier


@transaction.atomic
def revise_tier(*, tier: Tier, by: User, terms: Mapping[str, Any], price: Money) -> TierRevision:
    """New terms or a new price from now on. What was sold stays as it was sold."""
    require_role(tier.offering.studio, by, STUDIO_WRITERS)
    if not Tier.objects.select_for_update().get(pk=tier.pk).open:
        raise Refused("tier_closed", "This tier is closed. Put it on sale again, or open a new one.")
    return _revise(tier, by, "tier.revise", terms, price)


@transaction.atomic
def close_tier(*, tier: Tier, by: User) -> None:
    """Takes the tier off sale. Licences sold under it live on."""
    require_role(tier.offering.studio, by, STUDIO_WRITERS)
    if Tier.objects.filter(pk=tier.pk, open=True).update(open=False):
        record(action="tier.close", subject=tier.public_id, studio=tier.offering.studio_id, actor=by.id)
    tier.open = False


@transaction.atomic
def reopen_tier(*, tier: Tier, by: User) -> None:
    """Puts a closed tier on sale again, with its newest revision."""
    require_role(tier.offering.studio, by, STUDIO_WRITERS)
    _require_published(tier.offering)
    if Tier.objects.filter(pk=tier.pk, open=False).update(open=True):
        record(action="tier.reopen", subject=tier.public_id, studio=tier.offering.studio_id, actor=by.id)
    tier.open = True


def _revise(tier: Tier, by: User, action: str, terms: Mapping[str, Any], price: Money) -> TierRevision:
    if price.amount < LEAST_PRICE:
        raise Refused("price_too_low", "A tier costs at least %(least)s minor units.", status=422, field="price", least=LEAST_PRICE)
    checked = complete_terms(tier.offering, terms)
    last = tier.revisions.order_by("-number").values_list("number", flat=True).first() or 0
    revision = TierRevision.objects.create(
        tier=tier,
        number=last + 1,
        terms_json=checked.to_dict(),
        terms_id=checked.id,
        price_amount=price.amount,
        price_currency=price.currency,
    )
    record(
        action=action,
        subject=tier.public_id,
        studio=tier.offering.studio_id,
        actor=by.id,
        revision=revision.number,
        terms=checked.id,
        price=price.to_dict(),
    )
    return revision


def complete_terms(offering: Offering, terms: Mapping[str, Any]) -> Terms:
    """The terms with what only the rows know, whatever the caller says of it. Raises Refused("bad_terms", 422) naming the field.

    A caller from before version 2 names none of its fields: that grants the least of each.
    """
    facts = {"version": TERMS_VERSION, "grantor": offering.studio.name, "offering": offering.name, "base_digest": offering.digest}
    try:
        return Terms.from_dict({**LEAST, **terms, **facts})
    except BadTerms as error:
        raise Refused("bad_terms", f"terms.{error.field}: {error.sentence}", status=422, field=error.field) from error


def _note(version: BaseVersion, action: str, by: User, **detail: Any) -> None:
    record(action=action, subject=version.public_id, studio=version.base.studio_id, actor=by.id, **detail)
