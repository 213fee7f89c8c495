"""The whole product from its front door: `make demo` in small, as its own process, held to the receipt that contracts.md promises."""

import hashlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file

from finetune.data.draw import draw
from finetune.manifest import directory_digest
from licensing import evidence
from licensing.trust import TrustRoot
from licensing.verify import Question, verify

STEPS = 12
LAYOUTS = {"diffusers", "comfyui", "kohya", "peft"}

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the journey left its results. A playlist and an empty file travel along: they must not spoil it."""
    folder = tmp_path_factory.mktemp("journey")
    clips, results = folder / "clips", folder / "out"
    draw(clips, count=8, style="neon", seed=3, size=64)
    (clips / "holiday.mp4").write_text("#EXTM3U\nfile:///etc/passwd\n")
    (clips / "empty.png").touch()
    (clips / "neon-08.txt").unlink()
    captions = folder / "captions.tsv"
    captions.write_text("neon-08.mp4\ta green triangle growing on a light background\n")
    demo = [sys.executable, "-m", "atelier.demo", "--clips", str(clips), "--captions", str(captions), "--steps", str(STEPS)]
    stack = [sys.executable, "-m", "atelier.devstack", "run", "--var", str(folder / "stack"), "--volatile", "--fresh", "--"]
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*stack, *demo, "--out", str(results)], capture_output=True, text=True, stdin=subprocess.DEVNULL, env=env)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "refused: holiday.mp4 (PLAYLIST)" in done.stdout
    assert "refused: empty.png (EMPTY_FILE)" in done.stdout
    return results


@pytest.fixture(scope="module")
def receipt(out: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((out / "receipt.json").read_text())
    return found


def test_the_receipt_says_that_all_of_it_happened(receipt: dict[str, Any]) -> None:
    assert receipt["ok"] is True
    assert "train" in [stage["name"] for stage in receipt["stages"]]
    assert all(stage["seconds"] >= 0 for stage in receipt["stages"])
    assert receipt["services"]["postgres"].startswith("18")
    assert receipt["services"]["valkey"].startswith("9")
    assert receipt["services"]["s3"]


def test_the_receipt_names_what_was_bought_brought_and_trained(receipt: dict[str, Any]) -> None:
    assert receipt["order"].startswith("ord_")
    assert receipt["licence"].startswith("lic_")
    assert receipt["dataset"]["clips"] == 8
    assert receipt["dataset"]["root"].startswith("sha256:")
    assert receipt["training"]["steps"] == STEPS
    assert receipt["training"]["validation_after"] < receipt["training"]["validation_before"]
    assert receipt["audit"]["entries"] > 10


def test_every_file_of_the_model_lies_there_with_its_sha256(out: Path, receipt: dict[str, Any]) -> None:
    files = receipt["model"]["files"]
    assert {"diffusers", "comfyui"} <= {file["layout"] for file in files} <= LAYOUTS
    for file in files:
        data = (out / file["path"]).read_bytes()
        assert len(data) == file["bytes"]
        assert hashlib.sha256(data).hexdigest() == file["sha256"]


def test_the_base_is_a_plain_pipeline_directory_with_the_published_digest(out: Path, receipt: dict[str, Any]) -> None:
    base = out / receipt["base"]["path"]
    assert json.loads((base / "model_index.json").read_text())["_class_name"] == "WanPipeline"
    assert directory_digest(base) == receipt["base"]["digest"]


def test_previews_of_base_and_custom_model_stand_side_by_side(out: Path, receipt: dict[str, Any]) -> None:
    shown = receipt["previews"]
    assert len(shown["base"]) == len(shown["custom"]) == 3
    assert all((out / path).stat().st_size > 0 for path in [*shown["base"], *shown["custom"]])
    assert (out / shown["sheet"]).read_bytes().startswith(b"\x89PNG")


def test_every_model_file_verifies_with_what_lies_beside_the_receipt_and_loads(out: Path, receipt: dict[str, Any]) -> None:
    trust = {name: out / path for name, path in receipt["trust"].items()}
    question = Question(
        root=TrustRoot.from_pem(trust["root"].read_bytes()), at=datetime.now(UTC), revocations=trust["revocations"].read_bytes()
    )
    for file in receipt["model"]["files"]:
        with (out / file["path"]).open("rb") as model:
            result = verify(model, question)
        assert result.finding == "OK", result.detail
        assert result.certificate is not None and result.certificate.licence == receipt["licence"]
        assert load_file(out / file["path"])


def test_the_log_verifies_with_the_checkpoint_that_was_kept_before_anything_was_sold(out: Path, receipt: dict[str, Any]) -> None:
    trust = {name: out / path for name, path in receipt["trust"].items()}
    with trust["log"].open("rb") as log:
        proved = evidence.verify(log, TrustRoot.from_pem(trust["root"].read_bytes()), trust["checkpoint"].read_bytes())
    assert proved.finding == "OK", proved.detail
    assert proved.since is not None and 0 < proved.since < receipt["audit"]["entries"] <= proved.entries
