"""Checking an uploaded file, on queue io. What was checked is what is kept: the copy is made from the checked bytes."""

from pathlib import Path
from tempfile import TemporaryDirectory

from django.db import transaction

from atelier.audit.actions import record
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from atelier.kit.store import MATERIAL, QUARANTINE
from atelier.kit.uploads import Upload

from . import consents, sandbox
from .models import Asset, Dataset
from .problems import Problem
from .sandbox import Facts
from .states import ASSET, AssetState

CONTENT_TYPES = {
    ".mp4": "video/mp4",
    ".mov": "video/quicktime",
    ".mkv": "video/x-matroska",
    ".webm": "video/webm",
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}


def inspect(asset: Asset, into: str) -> None:
    """Moves a checking asset to ready or refused.

    `into` is a random folder in MATERIAL, the same at every try, so that a failed one leaves no litter.
    """
    with TemporaryDirectory(prefix="atelier-inspect-") as name:
        folder = Path(name)
        try:
            facts = examine(asset, folder)
        except Problem as problem:
            _refuse(asset, problem)
        else:
            _keep(asset, facts, folder / "upload", into)


def examine(upload: Upload, folder: Path) -> Facts:
    """Fetches what was uploaded to `folder`/upload, compares it with what was announced, and probes it. Raises Problem."""
    path = folder / "upload"
    try:
        found = store.get_file(QUARANTINE, upload.key, path)
    except Refused as refused:
        if refused.code == "object_missing":
            raise Problem("UPLOAD_LOST") from refused
        raise
    if path.stat().st_size != upload.bytes or found != upload.sha256:
        raise Problem("DIGEST_MISMATCH")
    return sandbox.probe(path, folder)


@transaction.atomic
def _refuse(asset: Asset, problem: Problem) -> None:
    if _still_checking(asset):
        ASSET.move(asset, AssetState.REFUSED, problem=problem.code, problem_sentence=problem.sentence)
        record(action="material.refuse", subject=asset.public_id, studio=None, actor=None, problem=problem.code)
    _discard(asset, [])


@transaction.atomic
def _keep(asset: Asset, facts: Facts, path: Path, into: str) -> None:
    keys = _store(facts, path, into)
    if store.digest(MATERIAL, keys["clean_key"]) != asset.sha256:
        raise RuntimeError(f"{asset}: the store gave back other bytes than it was given")
    if _still_checking(asset):
        measured = {name: getattr(facts, name) for name in ("kind", "width", "height", "frames", "fps", "duration")}
        ASSET.move(asset, AssetState.READY, **measured, **keys)
        record(action="material.accept", subject=asset.public_id, studio=None, actor=None)
        consents.ask_of_faces(asset, facts.looked_at, facts.faces_in)
        _discard(asset, [])
    else:
        _discard(asset, [key for key in keys.values() if key])


def _store(facts: Facts, path: Path, into: str) -> dict[str, str]:
    clean, thumb, strip = f"{into}/clip{facts.suffix}", f"{into}/thumb.jpg", f"{into}/filmstrip.jpg"
    store.put_file(MATERIAL, clean, path, CONTENT_TYPES[facts.suffix])
    store.put_bytes(MATERIAL, thumb, facts.thumb, "image/jpeg")
    if facts.filmstrip:
        store.put_bytes(MATERIAL, strip, facts.filmstrip, "image/jpeg")
    return {"clean_key": clean, "thumb_key": thumb, "filmstrip_key": strip if facts.filmstrip else ""}


def _still_checking(asset: Asset) -> bool:
    """Whether nobody removed it meanwhile. Locks its dataset and it, as the actions do."""
    Dataset.objects.select_for_update(no_key=True).get(pk=asset.dataset_id)
    return Asset.objects.select_for_update(no_key=True).filter(pk=asset.pk, state=AssetState.CHECKING).exists()


def _discard(asset: Asset, material: list[str]) -> None:
    outbox.post("material.discard", quarantine=asset.key, upload="", material=material)
