"""Files between the object store and the engine's scratch folder. Everything that arrives is checked against its digest."""

import fcntl
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
from django.conf import settings

from atelier.catalog.models import BaseVersion, HouseAdapter, Offering
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.library.actions import StoredFile
from atelier.library.models import ArtifactKind, CustomModel
from finetune.disk.files import remove_directory
from finetune.job import Base, Frozen
from finetune.manifest import directory_digest, file_sha256

from . import origins
from .models import Training


def fetch_base(version: BaseVersion) -> Path:
    """The base's directory on this machine, fetched once for all of its workers and kept under its digest."""
    final = Path(settings.ENGINE_DIR, "bases", version.digest.removeprefix("sha256:"))
    with _alone(final.with_name(f"{final.name}.lock")):
        if not final.exists():
            _fetch_whole(version, final)
    return final


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One worker of this machine at a time. The lock of one that died is free."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


def _fetch_whole(version: BaseVersion, final: Path) -> None:
    partial = final.with_name(f"{final.name}.part")
    shutil.rmtree(partial, ignore_errors=True)
    for file in version.files.all():
        _fetch(file.key, partial / file.path, file.sha256)
    if directory_digest(partial) != version.digest:
        raise Refused("base_altered", "The base model in the store is not the one that was published.", status=500)
    partial.rename(final)


def dress(base: Base, offering: Offering) -> Base:
    """The base of a job, with the paths of its files on this machine."""
    pairs = zip(base.adapters, offering.adapters, strict=True)
    worn = [replace(named, path=fetch_adapter(row)) if named and row else None for named, row in pairs]
    return Base(str(fetch_base(offering.version)), base.digest, *worn)


def fetch_adapter(adapter: HouseAdapter) -> str:
    """The path of the house adapter's file on this machine, fetched once and kept under its digest."""
    final = settings.ENGINE_DIR / "adapters" / f"{adapter.sha256}.safetensors"
    if not final.exists():
        partial = final.with_suffix(".part")
        _fetch(adapter.key, partial, adapter.sha256)
        partial.rename(final)
    return str(final)


def fetch_origin(origin: CustomModel | None, folder: Path) -> Frozen | None:
    """The adapter that the training begins with, in its run's folder; None when it begins afresh."""
    named = origins.frozen(origin)
    if origin is None or named is None:
        return None
    kept, path = origins.weights(origin), folder / "origin.safetensors"
    _fetch(kept.key, path, kept.sha256)
    return replace(named, path=str(path))


def fetch_checkpoint(training: Training, out: Path, at: int | None = None) -> int:
    """Puts a stored checkpoint where the engine resumes from: that of step `at`, else the last. Returns its step, 0 without one."""
    shutil.rmtree(out / "checkpoints", ignore_errors=True)
    wanted = None if at is None else training.checkpoints.filter(step=at).first()
    chosen = wanted or training.checkpoints.order_by("-step").first()
    if chosen is None:
        return 0
    for file in chosen.files:
        _fetch(file["key"], out / file["path"], file["sha256"])
    return chosen.step


def fetch_chosen(training: Training, out: Path, at: int) -> str:
    """Puts the stored checkpoint of this step beside those of the engine, which keeps few. Returns its folder; nothing without one."""
    chosen = training.checkpoints.filter(step=at).first()
    if chosen is None:
        return ""
    beside = Path("chosen")
    for file in chosen.files:
        _fetch(file["key"], out / beside / file["path"], file["sha256"])
    return (beside / chosen.files[0]["path"]).parent.as_posix()


def _fetch(key: str, path: Path, sha256: str) -> None:
    if store.get_file(store.MODELS, key, path) != sha256:
        raise Refused("object_altered", f"{path.name} in the object store is not what was put there.", status=500)


def prefix(training: Training, fence: int) -> str:
    """Where this claim writes. A zombie can only litter its own prefix."""
    return f"trainings/{training.pk}/{fence}"


def keep(training: Training, fence: int, out: Path, path: str) -> dict[str, str]:
    """Stores one file under the fence. Returns {path, key, sha256}."""
    key, sha256 = f"{prefix(training, fence)}/{path}", file_sha256(out / path)
    store.put_file(store.MODELS, key, out / path)
    return {"path": path, "key": key, "sha256": sha256}


def still(out: Path, clip: str) -> str:
    """Writes the middle frame of a preview beside it, as a picture for pages. Returns its path."""
    picture = Path(clip).with_suffix(".webp")
    with av.open(str(out / clip)) as container:
        frames = list(container.decode(video=0))
    frames[len(frames) // 2].to_image().save(out / picture, "WEBP", quality=82)
    return picture.as_posix()


def keep_checkpoint(training: Training, fence: int, out: Path, folder: str) -> list[dict[str, str]]:
    """Stores all of it; then of those behind it only the one before stays with the engine."""
    files = sorted(file for file in (out / folder).rglob("*") if file.is_file())
    stored = [keep(training, fence, out, file.relative_to(out).as_posix()) for file in files]
    behind = sorted(each for each in (out / folder).parent.glob("step-*") if each.name < Path(folder).name)
    for old in behind[:-1]:
        remove_directory(old)
    return stored


def keep_results(training: Training, fence: int, out: Path, manifest: dict[str, Any]) -> list[StoredFile]:
    """Stores what the run made and reads every file back: a training is never done without verified objects."""
    return [_verified(training, fence, out, path, kind, layout) for path, kind, layout in _results(manifest)]


def _results(manifest: dict[str, Any]) -> Iterable[tuple[str, str, str]]:
    """A layout of several files is left with the engine: what is handed over is one file with its certificate inside."""
    for file in manifest["files"]:
        if not file.get("beside"):
            yield file["path"], ArtifactKind.WEIGHTS, file["layout"]
    for which in ("base", "custom"):
        for preview in manifest["previews"][which]:
            yield preview, ArtifactKind.PREVIEW, ""
    if manifest["previews"]["sheet"]:
        yield manifest["previews"]["sheet"], ArtifactKind.SHEET, ""
    yield "manifest.json", ArtifactKind.MANIFEST, ""


def _verified(training: Training, fence: int, out: Path, path: str, kind: str, layout: str) -> StoredFile:
    kept = keep(training, fence, out, path)
    if store.digest(store.MODELS, kept["key"]) != kept["sha256"]:
        raise store.unavailable()
    return StoredFile(path, kept["key"], kept["sha256"], (out / path).stat().st_size, kind, layout)
