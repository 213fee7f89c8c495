"""The files that a creator downloads, opened the way she will open them."""

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from peft import PeftConfig, PeftModel
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from finetune.results import export
from licensing import tensors
from licensing.stamp import stamp

from ..licensing import proofs
from .conftest import Ran

PROMPT = "neonstyle a red circle moving right on a dark background"


def sample(base: Path, file: Path | None) -> np.ndarray:
    """Ten lines that know nothing of this engine."""
    pipeline = DiffusionPipeline.from_pretrained(base)
    pipeline.set_progress_bar_config(disable=True)
    if file and (file.parent / "adapter_config.json").exists():
        pipeline.transformer = PeftModel.from_pretrained(pipeline.transformer, file.parent)
    elif file:
        pipeline.load_lora_weights(str(file.parent), weight_name=file.name)
    made: np.ndarray = pipeline(
        prompt=PROMPT,
        negative_prompt="",
        height=32,
        width=32,
        num_frames=9,
        num_inference_steps=3,
        guidance_scale=3.0,
        max_sequence_length=24,
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    ).frames[0]
    return made


def header(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        found: dict[str, str] = file.metadata()
        return found


def test_it_writes_four_layouts_that_do_exactly_what_the_adapter_did(ran: Ran) -> None:
    found = {file["layout"]: file["max_abs_diff"] for file in ran.manifest["files"]}
    assert found == {"diffusers": 0.0, "comfyui": 0.0, "kohya": 0.0, "peft": 0.0}


def test_a_fresh_pipeline_makes_the_same_clip_from_every_layout(ran: Ran, tiny: Path) -> None:
    base = sample(tiny, None)
    made = [sample(tiny, ran.out / file["path"]) for file in ran.manifest["files"]]
    assert np.abs(made[0] - base).max() > 1e-3
    for other in made[1:]:
        assert np.array_equal(made[0], other)


def test_comfyui_finds_the_names_it_looks_for(ran: Ran) -> None:
    names = set(load_file(ran.out / "models/comfyui/trn_test.safetensors"))
    for layer in ("self_attn.q", "self_attn.k", "self_attn.v", "self_attn.o", "cross_attn.q", "cross_attn.o", "ffn.0", "ffn.2"):
        for part in ("lora_A.weight", "lora_B.weight", "alpha"):
            assert f"diffusion_model.blocks.3.{layer}.{part}" in names
    assert all(name.startswith("diffusion_model.blocks.") for name in names)


def test_every_file_says_where_it_comes_from(ran: Ran, job_dict: Callable[..., Any]) -> None:
    for file in ran.manifest["files"]:
        about = header(ran.out / file["path"])
        assert about["finetune.base_digest"] == job_dict()["base"]["digest"]
        assert about["finetune.dataset_root"] == job_dict()["dataset"]["root"]
        assert about["finetune.job_digest"] == ran.manifest["job_digest"]
        assert (about["finetune.rank"], about["finetune.alpha"], about["finetune.licence"]) == ("4", "8", "lic_1")
        assert (about["modelspec.title"], about["modelspec.trigger_phrase"]) == ("Neon", "neonstyle")


def test_peft_finds_a_directory_as_it_writes_them(ran: Ran) -> None:
    entry = next(file for file in ran.manifest["files"] if file["layout"] == "peft")
    assert (entry["path"], entry["beside"]) == ("models/peft/adapter_model.safetensors", ["models/peft/adapter_config.json"])
    config = PeftConfig.from_pretrained(ran.out / "models/peft")
    assert (config.peft_type, config.r, config.lora_alpha, len(config.target_modules)) == ("LORA", 4, 8, 40)
    assert all(file["beside"] == [] for file in ran.manifest["files"] if file is not entry)


def test_every_file_shows_a_picture_that_model_browsers_read(ran: Ran) -> None:
    for file in ran.manifest["files"]:
        kind, _, data = header(ran.out / file["path"])["modelspec.thumbnail"].partition(",")
        assert kind == "data:image/jpeg;base64"
        with Image.open(io.BytesIO(base64.b64decode(data, validate=True))) as picture:
            assert (picture.format, picture.size) == ("JPEG", (256, 256))


def test_a_stamp_leaves_the_picture_and_the_picture_leaves_the_digest(ran: Ran, tmp_path: Path) -> None:
    path = ran.out / "models/comfyui/trn_test.safetensors"
    with path.open("rb") as model, (tmp_path / "stamped").open("wb") as copy:
        digest = stamp(model, copy, proofs.SEALED)
    assert header(tmp_path / "stamped")["modelspec.thumbnail"] == header(path)["modelspec.thumbnail"]
    bare = {name: value for name, value in header(path).items() if name != "modelspec.thumbnail"}
    save_file(load_file(path), tmp_path / "bare", metadata=bare)
    for other in (path, tmp_path / "stamped", tmp_path / "bare"):
        with other.open("rb") as file:
            assert tensors.digest(file) == digest


def test_the_tensor_digest_survives_a_new_note_in_the_header(ran: Ran, tmp_path: Path) -> None:
    entry = ran.manifest["files"][0]
    tensors = load_file(ran.out / entry["path"])
    save_file(tensors, tmp_path / "noted.safetensors", metadata={"note": "hello"})
    assert export.tensor_digest(load_file(tmp_path / "noted.safetensors")) == entry["tensor_digest"]
    name = next(name for name in tensors if name.endswith("lora_B.weight"))
    tensors[name][0, 0] += 1
    assert export.tensor_digest(tensors) != entry["tensor_digest"]


def test_a_file_that_does_something_else_is_never_called_done(
    train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = export.layouts

    def swapped(*arguments: Any) -> Any:
        made = honest(*arguments)
        made["comfyui"] = {name: tensor * 3 for name, tensor in made["comfyui"].items()}
        return made

    monkeypatch.setattr(export, "layouts", swapped)
    with pytest.raises(RuntimeError, match="comfyui"):
        train(job_dict(steps=2, top={"previews": []}), tmp_path / "out")
    assert not (tmp_path / "out" / "manifest.json").exists()
    assert not (tmp_path / "out" / "models" / "comfyui").exists()


def test_an_adapter_on_a_few_layers_loads_too(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    ran = train(job_dict(steps=2, targets=["attn1.to_q", "ffn.net.2"], top={"previews": []}), tmp_path / "out")
    assert [file["layout"] for file in ran.manifest["files"]] == ["diffusers", "comfyui", "peft"]
    assert ran.manifest["layers"] == 8


def test_an_odd_alpha_is_carried(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    ran = train(job_dict(steps=2, rank=3, alpha=5, top={"previews": []}), tmp_path / "out")
    assert max(file["max_abs_diff"] for file in ran.manifest["files"]) < 1e-5
