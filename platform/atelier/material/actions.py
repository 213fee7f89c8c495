"""What a creator does with her material."""

import re
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from atelier.accounts.models import Studio, User
from atelier.catalog.models import Title
from atelier.kit import outbox, store, uploads
from atelier.kit.refused import Refused
from atelier.kit.store import MATERIAL, QUARANTINE
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from finetune.manifest import DatasetManifest

from . import attestation, limits, meant, queries, titles, words
from .models import Asset, Dataset, Question
from .states import ASSET, DATASET, LIVE, AssetState, DatasetState, QuestionState
from .verbs import changeable, few, locked, note

SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Captioned:
    applied: list[str]
    unknown: list[str]


@dataclass(frozen=True)
class Change:
    """Of the asset with this public id, whose caption had this mark (words.mark) when the change was looked at."""

    asset: str
    mark: str
    text: str


@dataclass(frozen=True)
class Recaptioned:
    """`stale`: names of files whose caption was changed meanwhile, and therefore stayed."""

    applied: list[str]
    stale: list[str]


@dataclass(frozen=True)
class Sealed:
    """`left_out`: names of refused files, which are no part of what was sealed."""

    dataset: Dataset
    left_out: list[str]


@transaction.atomic
def open_dataset(*, owner: User, name: str, studio: Studio | None = None, licence: Licence | None = None) -> Dataset:
    """`studio`: for which it is gathered, from its own titles alone. `licence`: what it is meant for, where that is known."""
    if studio:
        titles.require_writer(studio, owner)
    dataset = Dataset.objects.create(owner=owner, name=words.title(name), studio=studio)
    note(dataset, "material.open", dataset.public_id)
    return meant.mean(dataset=dataset, licence=licence) if licence else dataset


@transaction.atomic
def add(*, dataset: Dataset, name: str, bytes: int, sha256: str, caption: str = "", title: Title | None = None) -> Asset:
    """Reserves quota and names the place where the parts will go. A refused file of the same name makes way.

    The same file again, by name and digest, is the row that is there: whoever begins anew, here or elsewhere, goes on with it.
    """
    name, caption = words.file_name(name), words.caption(caption)
    _require_measure(bytes, sha256)
    # Two adds of one person wait for each other here: the sum below must not miss the other's reservation.
    User.objects.select_for_update(no_key=True).get(pk=dataset.owner_id)
    row = changeable(dataset)
    _replace_refused(row, name)
    if there := row.assets.exclude(state=AssetState.REMOVED).filter(name=name).first():
        if (there.bytes, there.sha256) == (bytes, sha256):
            return there
        raise Refused(
            "NAME_TAKEN", "Another file in this dataset is called “%(name)s”. Remove that one first, or rename this file.", name=name
        )
    _require_room(row, bytes)
    meant.permit_upload(row)
    key = f"{secrets.token_hex(16)}/upload"
    asset = Asset.objects.create(dataset=row, name=name, bytes=bytes, sha256=sha256, caption=caption, key=key)
    note(row, "material.add", asset.public_id, bytes=bytes, sha256=sha256)
    if title:
        titles.bind(dataset=row, assets=[asset], title=title)
    return asset


@transaction.atomic
def links(*, asset: Asset, numbers: list[int]) -> list[uploads.PartLink]:
    """Signed links for parts; each takes exactly its length and lives 15 minutes."""
    row = locked(asset)
    if row.state != AssetState.UPLOADING:
        raise Refused("NOT_UPLOADING", "This file has been uploaded already. Remove it to send another one.")
    signed = uploads.links(row, QUARANTINE, numbers)
    row.save(update_fields=["upload_id"])
    return signed


@transaction.atomic
def complete(*, asset: Asset) -> Asset:
    """Puts the parts together and has the file checked. Saying so again later changes nothing."""
    row = locked(asset)
    if row.state in (AssetState.CHECKING, AssetState.READY, AssetState.REFUSED):
        return row
    _put_together(row)
    ASSET.move(row, AssetState.CHECKING, upload_id="")
    outbox.post("material.inspect", asset=str(row.id), into=secrets.token_hex(16))
    note(row.dataset, "material.complete", row.public_id)
    return row


@transaction.atomic
def caption(*, asset: Asset, text: str, was: str | None = None) -> Asset:
    """`was`: the caption that the writer saw. Raises Refused("CAPTION_CHANGED") with the one of now when somebody changed it since."""
    row, text = locked(asset), words.caption(text)
    if was is not None and row.caption not in (words.caption(was), text):
        raise Refused("CAPTION_CHANGED", "This caption was changed meanwhile, in another window or by another program.", now=row.caption)
    row.caption = text
    row.save(update_fields=["caption"])
    return row


@transaction.atomic
def recaption(*, dataset: Dataset, changes: Iterable[Change]) -> Recaptioned:
    """Changes that were looked at before: where a caption is no longer what it was then, it stays and is named."""
    row, wanted = changeable(dataset), {change.asset: change for change in changes}
    assets = [asset for asset in row.assets.exclude(state=AssetState.REMOVED).order_by("id") if asset.public_id in wanted]
    fresh = [asset for asset in assets if words.mark(asset.caption) == wanted[asset.public_id].mark]
    for asset in fresh:
        asset.caption = _caption_of(asset.name, wanted[asset.public_id].text)
    Asset.objects.bulk_update(fresh, ["caption"])
    return Recaptioned([asset.name for asset in fresh], [asset.name for asset in assets if asset not in fresh])


@transaction.atomic
def caption_many(*, dataset: Dataset, captions: Mapping[str, str]) -> Captioned:
    """Captions by file name, all or none. Names that are not in the dataset are told, not refused.

    A name like `night.txt` that no file has is a sidecar: its caption is for every file called `night` with whatever suffix.
    """
    row = changeable(dataset)
    cleaned = {words.file_name(name): _caption_of(name, text) for name, text in captions.items()}
    assets = list(row.assets.exclude(state=AssetState.REMOVED))
    sources = {asset: source for asset in assets if (source := _source(asset.name, cleaned))}
    for asset, source in sources.items():
        asset.caption = cleaned[source]
    Asset.objects.bulk_update(sources, ["caption"])
    return Captioned(sorted(asset.name for asset in sources), sorted(set(cleaned) - set(sources.values())))


@transaction.atomic
def remove(*, asset: Asset) -> None:
    """Takes a file out and deletes its bytes."""
    row = locked(asset)
    ASSET.move(row, AssetState.REMOVED)
    discard(row)
    note(row.dataset, "material.remove", row.public_id)


@transaction.atomic
def attest(*, dataset: Dataset, text_hash: str) -> Dataset:
    """Records the promise of attestation.py. It covers what is in the dataset when it is sealed."""
    text, row = attestation.known(text_hash), changeable(dataset)
    row.attested_text, row.attested_at = text.hash, database_now()
    row.save(update_fields=["attested_text", "attested_at"])
    note(row, "material.attest", row.public_id, text=text.hash, language=text.language)
    return row


@transaction.atomic
def seal(*, dataset: Dataset) -> Sealed:
    """Makes the dataset immutable: manifest with Merkle root, stored and in the row. Refused files are left out and named."""
    row = changeable(dataset)
    assets = list(row.assets.exclude(state=AssetState.REMOVED).order_by("id"))
    ready = [asset for asset in assets if asset.state == AssetState.READY]
    _require_sealable(row, assets, ready)
    manifest = DatasetManifest.build(queries.clip(asset) for asset in ready)
    key = f"{secrets.token_hex(16)}/manifest.json"
    _store_manifest(key, manifest)
    DATASET.move(row, DatasetState.SEALED, root=manifest.root, manifest_key=key, sealed_at=database_now())
    learned = [title.public_id for title in titles.of([row.pk])]
    note(row, "material.seal", row.public_id, root=manifest.root, clips=len(ready), titles=learned)
    return Sealed(row, [asset.name for asset in assets if asset.state == AssetState.REFUSED])


@transaction.atomic
def withdraw(*, dataset: Dataset) -> Dataset:
    """Takes the dataset back for good: its bytes are deleted and no training may start from it. Rows and manifest stay as evidence."""
    row = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    for asset in row.assets.exclude(state=AssetState.REMOVED):
        if row.state == DatasetState.OPEN:
            ASSET.move(asset, AssetState.REMOVED)
        discard(asset)
    DATASET.move(row, DatasetState.WITHDRAWN)
    note(row, "material.withdraw", row.public_id)
    return row


@transaction.atomic
def abandon(*, asset: Asset, problem: str, sentence: str) -> None:
    """Ends an upload or a check that went on for too long; its quota is free again."""
    row = locked(asset)
    if row.state in (AssetState.UPLOADING, AssetState.CHECKING):
        ASSET.move(row, AssetState.REFUSED, problem=problem, problem_sentence=sentence)
        discard(row)


def discard(asset: Asset) -> None:
    """Has everything deleted that the store holds for this asset, once the caller's transaction stands."""
    outbox.post("material.discard", quarantine=asset.key, upload=asset.upload_id, material=asset.kept_keys)


def _require_measure(bytes: int, sha256: str) -> None:
    if bytes <= 0:
        raise Refused("EMPTY_FILE", "The file is empty. Export it again.", status=422)
    if bytes > limits.BYTES_PER_FILE:
        most = limits.BYTES_PER_FILE >> 20
        raise Refused(
            "FILE_TOO_LARGE", "A file has at most %(most)s MiB. Cut it into shorter clips, or export it smaller.", status=422, most=most
        )
    if not SHA256.fullmatch(sha256):
        raise Refused("BAD_SHA256", "“sha256” must be the SHA-256 of the file as 64 lower-case hexadecimal digits.", status=422)


def _require_room(dataset: Dataset, bytes: int) -> None:
    if dataset.assets.filter(state__in=LIVE).count() >= limits.ASSETS_PER_DATASET:
        most = limits.ASSETS_PER_DATASET
        raise Refused("TOO_MANY_ASSETS", "A dataset holds at most %(most)s files. Remove some, or open another one.", most=most)
    taken = queries.bytes_taken(dataset.owner_id)
    if taken + bytes > limits.BYTES_PER_PERSON:
        left = max(0, limits.BYTES_PER_PERSON - taken) >> 20
        raise Refused(
            "QUOTA_SPENT", "You have %(left)s MiB left. Remove files or withdraw a dataset to make room.", left=left, bytes_taken=taken
        )


def _replace_refused(dataset: Dataset, name: str) -> None:
    for asset in dataset.assets.filter(name=name, state=AssetState.REFUSED):
        ASSET.move(asset, AssetState.REMOVED)


def _put_together(asset: Asset) -> None:
    """Completes the multipart upload. An earlier try may have done so and died before its commit: then the whole object is there."""
    try:
        uploads.finish(asset, QUARANTINE)
    except Refused as refused:
        if refused.code != "object_missing" or store.size(QUARANTINE, asset.key) != asset.bytes:
            raise


def _source(name: str, captions: Mapping[str, str]) -> str:
    """Which of these names captions this file: its own, or its sidecar's."""
    return next((wanted for wanted in (name, words.sidecar(name)) if wanted in captions), "")


def _caption_of(name: str, text: str) -> str:
    try:
        return words.caption(text)
    except Refused as refused:
        shown, most, signs = words.shown(name), refused.extra["most"], refused.extra["signs"]
        raise Refused(
            refused.code,
            "The caption of “%(name)s” has %(signs)s characters; at most %(most)s are read.",
            status=422,
            name=shown[:100],
            signs=signs,
            most=most,
            names=[shown],
        ) from refused


def _require_sealable(dataset: Dataset, assets: list[Asset], ready: list[Asset]) -> None:
    if pending := [asset.name for asset in assets if asset.state in (AssetState.UPLOADING, AssetState.CHECKING)]:
        raise Refused("STILL_CHECKING", "Wait for %(few)s, or remove what you do not need.", few=few(pending), names=pending)
    if not ready:
        raise Refused("EMPTY_DATASET", "There is no usable file in this dataset. Add at least one clip or still.")
    if not dataset.attested_text:
        raise Refused("NOT_ATTESTED", "Read the declaration about your rights in this material and agree to it first.")
    if bare := [asset.name for asset in ready if not asset.caption]:
        raise Refused("CAPTION_MISSING", "Say in one sentence what is seen in %(few)s.", few=few(bare), names=bare)
    open_about = Question.objects.filter(asset__in=ready, state=QuestionState.OPEN).order_by("asset").values_list("asset__name", flat=True)
    if asked := list(open_about):
        raise Refused(
            "QUESTIONS_OPEN",
            "Somebody may be recognised in %(few)s. Say that nobody can be, or record the consent.",
            few=few(asked),
            names=asked,
        )
    titles.require_sealable(dataset, ready)
    meant.permit_seal(dataset)


def _store_manifest(key: str, manifest: DatasetManifest) -> None:
    with TemporaryDirectory(prefix="atelier-seal-") as folder:
        store.put_bytes(MATERIAL, key, manifest.save(Path(folder)).read_bytes(), "application/json")
