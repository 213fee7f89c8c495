"""Every kind of bad input ends with its exit code and one sentence, and leaves nothing half-written."""

import errno
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from finetune import exits
from finetune.data.seal import seal
from finetune.disk import files, weights
from finetune.exits import BadData, BadJob, OutOfMemory, StoreFailed
from finetune.families.wan import Wan
from finetune.job import Job
from finetune.manifest import DatasetManifest, file_sha256
from finetune.planning.plan import prepare
from finetune.running.run import run
from finetune.training import loop as training

from .conftest import Ran

Make = Callable[..., dict[str, Any]]
Train = Callable[..., Ran]
QUIET: dict[str, Any] = {"previews": []}


def check(job: dict[str, Any]) -> None:
    prepare(Job.from_dict(job))


def test_a_good_job_passes(job_dict: Make) -> None:
    check(job_dict())


def test_a_wrong_base_digest(job_dict: Make, tiny: Path) -> None:
    with pytest.raises(BadJob, match=r"base\.digest is not that of"):
        check(job_dict({"base": {"path": str(tiny), "digest": "sha256:" + "0" * 64}}))


def test_a_base_that_is_not_there(job_dict: Make) -> None:
    with pytest.raises(BadJob, match=r"base\.path: there is no directory"):
        check(job_dict({"base": {"path": "/nowhere", "digest": "sha256:" + "0" * 64}}))


def test_pickled_weights(job_dict: Make, tiny: Path, tmp_path: Path) -> None:
    shutil.copytree(tiny, tmp_path / "base")
    (tmp_path / "base/transformer/diffusion_pytorch_model.bin").write_bytes(b"PK\x03\x04")
    with pytest.raises(BadJob, match="never pickles"):
        check(job_dict({"base": {"path": str(tmp_path / "base"), "digest": "sha256:" + "0" * 64}}))


def test_targets_that_match_nothing(job_dict: Make) -> None:
    with pytest.raises(BadJob, match=r"'attn9' matches no layer of this base; its layers are named like blocks\.0\.attn1"):
        check(job_dict(targets=["attn1.to_q", "attn9"]))


def test_a_rank_larger_than_a_layer(job_dict: Make) -> None:
    with pytest.raises(BadJob, match=r"knobs\.rank is 193, larger than blocks\.0\.attn1\.to_k allows \(192\)"):
        check(job_dict(rank=193))


def test_a_size_the_base_cannot_take(job_dict: Make) -> None:
    with pytest.raises(BadJob, match=r"knobs\.width is 36; this base needs a multiple of 8"):
        check(job_dict(width=36))


def test_another_dataset_than_was_meant(job_dict: Make, dataset: Path) -> None:
    with pytest.raises(BadData, match=r"dataset\.root is not that of"):
        check(job_dict({"dataset": {"path": str(dataset), "root": "sha256:" + "0" * 64}}))


def test_a_dataset_that_was_never_sealed(job_dict: Make, tmp_path: Path) -> None:
    with pytest.raises(BadData, match="seal the dataset first"):
        check(job_dict({"dataset": {"path": str(tmp_path), "root": "sha256:" + "0" * 64}}))


def test_a_clip_altered_after_sealing(job_dict: Make, dataset: Path, tmp_path: Path) -> None:
    shutil.copytree(dataset, tmp_path / "copy")
    clip = next((tmp_path / "copy/clips").iterdir())
    clip.write_bytes(clip.read_bytes() + b"x")
    root = json.loads((dataset / "manifest.json").read_text())["root"]
    with pytest.raises(BadData, match=rf"{clip.name} was altered after sealing"):
        check(job_dict({"dataset": {"path": str(tmp_path / "copy"), "root": root}}))


def test_clips_too_short(job_dict: Make) -> None:
    with pytest.raises(BadData, match="Every clip is too short"):
        check(job_dict(frames=81, fps=16))


def test_captions_missing(clips: Path, tmp_path: Path) -> None:
    shutil.copytree(clips, tmp_path / "clips")
    (tmp_path / "clips/neon-02.txt").unlink()
    with pytest.raises(BadData, match=r"neon-02\.mp4 has no caption: write neon-02\.txt beside it"):
        seal(tmp_path / "clips", tmp_path / "sealed")


def test_no_clips_at_all(tmp_path: Path) -> None:
    with pytest.raises(BadData, match="holds no clips"):
        seal(tmp_path, tmp_path / "sealed")


def test_a_clip_that_cannot_be_read_ends_the_run_by_name(train: Train, job_dict: Make, clips: Path, tmp_path: Path) -> None:
    manifest = seal(clips, tmp_path / "sealed")
    broken = tmp_path / "sealed" / manifest.clips[0].file
    broken.write_bytes(b"\0" * broken.stat().st_size)
    resealed = _reseal(tmp_path / "sealed")
    with pytest.raises(BadData, match=r"neon-01\.mp4 cannot be read") as refused:
        train(job_dict({"dataset": {"path": str(tmp_path / "sealed"), "root": resealed}, **QUIET}), tmp_path / "out")
    assert refused.value.exit == exits.BAD_DATA


def _reseal(folder: Path) -> str:
    manifest = DatasetManifest.load(folder)
    again = DatasetManifest.build([replace(clip, sha256=file_sha256(folder / clip.file)) for clip in manifest.clips])
    again.save(folder)
    return again.root


def test_latents_that_are_not_numbers(train: Train, job_dict: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(Wan, "encode_clips", _nan_for_pictures(Wan.encode_clips))
    with pytest.raises(BadData, match=r"clips/neon-0\d\.mp4 encodes to numbers that are not finite"):
        train(job_dict(QUIET), tmp_path / "out")
    assert not list((tmp_path / "cache").rglob("latents/**/*.safetensors"))


def _nan_for_pictures(honest: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """The blank clip of the preflight still encodes."""

    def encode(model: Wan, frames: np.ndarray) -> torch.Tensor:
        return honest(model, frames) * (float("nan") if frames.any() else 1.0)

    return encode


def test_a_loss_that_is_no_number_stops_before_the_step(
    train: Train, job_dict: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = training.draw

    def broken(*arguments: Any) -> list[torch.Tensor]:
        ill = arguments[-1] == 2
        return [tensor * float("inf") if ill and tensor.is_floating_point() else tensor for tensor in honest(*arguments)]

    monkeypatch.setattr(training, "draw", broken)
    with pytest.raises(BadData, match=r"no longer a number at step 3: lower knobs\.learning_rate"):
        train(job_dict(QUIET, checkpoint_every=1), tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out/checkpoints").iterdir()) == ["step-000001", "step-000002"]
    adapter = weights.load(tmp_path / "out/checkpoints/step-000002/adapter.safetensors")
    assert all(bool(tensor.isfinite().all()) for tensor in adapter.values())


@pytest.mark.parametrize("folder", ["models", "checkpoints", "previews", "manifest.json"])
def test_a_full_disk(folder: str, train: Train, job_dict: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk fills up when the first file under `folder` is to be written."""
    written = Path.replace

    def full(self: Path, target: Path) -> Path:
        if folder in target.parts:
            raise OSError(errno.ENOSPC, "No space left on device", str(target))
        return written(self, target)

    monkeypatch.setattr(Path, "replace", full)
    out = tmp_path / "out"
    with pytest.raises(StoreFailed, match="No space left on device") as failed:
        train(job_dict(steps=1, sampling_steps=1), out)
    assert failed.value.exit == exits.STORE_FAILED
    assert not (out / "manifest.json").exists()
    assert [path for path in out.rglob("*") if path.is_file() and folder in path.parts] == []
    monkeypatch.setattr(Path, "replace", written)
    assert train(job_dict(steps=1, sampling_steps=1), out, resume=True).manifest["steps"] == 1


def test_an_output_directory_that_cannot_be_made(train: Train, job_dict: Make, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreFailed, match="could not be written"):
        train(job_dict(), tmp_path / "file" / "out")


def test_too_little_memory_is_found_before_anything_is_encoded(
    job_dict: Make, tmp_path: Path, bases: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def greedy(*_: Any) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(Wan, "loss", greedy)
    told: list[Any] = []
    with pytest.raises(OutOfMemory, match="choose a smaller batch_size") as failed:
        run(Job.from_dict(job_dict()), tmp_path / "out", bases=bases, tell=told.append)
    assert failed.value.exit == exits.OUT_OF_MEMORY
    assert [event.facts["name"] for event in told if event.event == "phase"] == ["preflight", "load", "preflight"]


def test_the_base_is_as_good_as_new_after_a_job_failed(
    ran: Ran, train: Train, job_dict: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(StoreFailed):
        patch.setattr(files, "write_directory", _no_space)
        train(job_dict(), tmp_path / "failed")
    again = train(job_dict(), tmp_path / "out")
    assert [file["tensor_digest"] for file in again.manifest["files"]] == [file["tensor_digest"] for file in ran.manifest["files"]]


def _no_space(*_: Any) -> None:
    raise StoreFailed("No space left on device")
