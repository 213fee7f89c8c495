import json
from pathlib import Path
from typing import Any

import pytest

from atelier.demo import receipt, upload
from atelier.demo.studio import BASE_FOLDER
from atelier.demo.trouble import Trouble
from finetune.manifest import directory_digest

MODEL: dict[str, Any] = {
    "id": "mdl_1",
    "files": [
        {"path": "models/diffusers/a.safetensors", "kind": "weights", "layout": "diffusers", "sha256": "0" * 64, "bytes": 3},
        {"path": "previews/00-base.mp4", "kind": "preview", "layout": "", "sha256": "1" * 64, "bytes": 4},
    ],
    "manifest": {"previews": {"base": ["previews/00-base.mp4"], "custom": ["previews/00-custom.mp4"], "sheet": "previews/sheet.png"}},
}


def test_only_weights_stand_among_the_models_files() -> None:
    assert receipt.weights(MODEL) == {
        "id": "mdl_1",
        "files": [{"path": "models/diffusers/a.safetensors", "layout": "diffusers", "sha256": "0" * 64, "bytes": 3}],
    }


def test_a_base_is_called_by_the_digest_that_the_engine_gives_it() -> None:
    files = [path for path in BASE_FOLDER.rglob("*") if path.is_file()]
    sent = {path.relative_to(BASE_FOLDER).as_posix(): upload.sha256(path) for path in files}
    assert receipt.directory_digest(sent) == directory_digest(BASE_FOLDER)


def test_clearing_removes_earlier_results_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "stack").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "models").mkdir()
    (tmp_path / "receipt.json").write_text("{}")
    receipt.clear(tmp_path, keep=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["notes.txt", "stack"]


def test_clearing_never_takes_the_clips_that_are_to_be_used(tmp_path: Path) -> None:
    (tmp_path / "clips").mkdir()
    receipt.clear(tmp_path, keep=tmp_path / "clips")
    assert (tmp_path / "clips").is_dir()


def test_a_receipt_that_is_not_ok_says_where_it_ended(tmp_path: Path) -> None:
    made = receipt.Receipt(stages=[{"name": "people", "seconds": 1.0}])
    made.save(tmp_path, ok=False, problem={"stage": "buy", "code": "order_not_paid", "sentence": "No."})
    found = json.loads((tmp_path / receipt.NAME).read_text())
    assert found["ok"] is False
    assert found["problem"]["stage"] == "buy"


def test_a_named_file_that_is_missing_is_refused(tmp_path: Path) -> None:
    facts = {"model": receipt.weights(MODEL), "previews": receipt.previews(MODEL), "base": {"path": "base"}, "trust": {}}
    with pytest.raises(Trouble, match=r"names models/diffusers/a\.safetensors"):
        receipt.require_complete(tmp_path, facts)
