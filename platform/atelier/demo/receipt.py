"""var/demo/receipt.json: what happened, in the form that tools and tests rely on. Paths in it are relative to its folder."""

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from atelier.demo.trouble import Trouble

NAME = "receipt.json"
RESULTS = (NAME, "models", "previews", "base", "manifest.json", "audit.csv", "clips", "trust")
FACTS = ("steps", "loss_first", "loss_last", "validation_before", "validation_after")


@dataclass
class Receipt:
    """Filled while the journey goes on."""

    stages: list[dict[str, Any]] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path, *, ok: bool, problem: Mapping[str, str] | None = None) -> None:
        found = {"ok": ok, "stages": self.stages, **self.facts}
        if problem:
            found["problem"] = dict(problem)
        draft = folder / f"{NAME}.draft"
        draft.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        draft.replace(folder / NAME)


def training(training_id: str, manifest: Mapping[str, Any]) -> dict[str, Any]:
    return {"id": training_id, **{name: manifest[name] for name in FACTS}}


def weights(model: Mapping[str, Any]) -> dict[str, Any]:
    files = [{name: file[name] for name in ("path", "layout", "sha256", "bytes")} for file in model["files"] if file["kind"] == "weights"]
    return {"id": model["id"], "files": files}


def previews(model: Mapping[str, Any]) -> dict[str, Any]:
    """Clips of the base and of the custom model in the same order, and the sheet that shows both."""
    shown = model["manifest"]["previews"]
    return {"base": shown["base"], "custom": shown["custom"], "sheet": shown["sheet"]}


def directory_digest(files: Mapping[str, str]) -> str:
    """What a base model is called by: the digest over path and sha256 of each of its files."""
    listed = json.dumps(sorted([path, sha256] for path, sha256 in files.items()), separators=(",", ":"), ensure_ascii=False)
    return "sha256:" + hashlib.sha256(listed.encode()).hexdigest()


def clear(folder: Path, keep: Path | None) -> None:
    """Removes what an earlier journey left in `folder`, and nothing else; never the clips that this one is given (`keep`)."""
    folder.mkdir(parents=True, exist_ok=True)
    for path in (folder / name for name in RESULTS):
        if keep and path.resolve() in (keep.resolve(), *keep.resolve().parents):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


def require_complete(folder: Path, found: Mapping[str, Any]) -> None:
    """Every file that the receipt names lies there. Raises Trouble naming the first that does not."""
    shown = found["previews"]
    named = [*(file["path"] for file in found["model"]["files"]), *shown["base"], *shown["custom"], shown["sheet"], found["base"]["path"]]
    named += found["trust"].values()
    for path in named:
        if not path or not (folder / path).exists():
            raise Trouble(f"The receipt names {path}, which is not in {folder}.", "receipt_incomplete")
