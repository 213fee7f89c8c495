"""A second family, which makes pictures: the same job, the same engine, another model."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline, ZImageTransformer2DModel
from PIL import Image
from safetensors.torch import load_file
from torch import nn

from finetune import cli, families
from finetune.exits import BadJob
from finetune.families.seam import Facts
from finetune.families.z_image_layout import LAYOUT
from finetune.job import Job
from finetune.manifest import directory_digest
from finetune.planning import budget
from finetune.planning.plan import prepare
from finetune.running.arrange import arrange
from finetune.running.resident import Resident
from finetune.running.run import run_many
from finetune.running.work import Work

from .conftest import Ran
from .models import change, z_image

Make = Callable[..., dict[str, Any]]
PROMPT = "neonstyle a red circle on a dark background"


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return z_image(tmp_path_factory.mktemp("z") / "base")


@pytest.fixture(scope="module")
def made(base: Path, job_dict: Make) -> Make:
    top = {"family": "z_image", "base": {"path": str(base), "digest": directory_digest(base)}, "previews": [{"prompt": PROMPT, "seed": 1}]}
    return lambda more=None, **knobs: job_dict({**top, **(more or {})}, **{"frames": 1, "steps": 4, **knobs})


@pytest.fixture(scope="module")
def pictured(made: Make, train: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINETUNE_CACHE", str(cache))
        return train(made(), tmp_path_factory.mktemp("pictured") / "out")


def test_a_directory_says_its_family(base: Path, tiny: Path) -> None:
    assert (families.of(base), families.of(tiny)) == ("z_image", "wan")


def test_the_headers_name_its_layers(base: Path) -> None:
    found = families.layout("z_image").facts(base)
    assert (found.id, found.stills, found.multiple, len(found.layers)) == ("tiny-z-image", True, 8, 2 * 7)
    assert LAYOUT.tokens(found, height=32, width=32, frames=1) == 16


def test_the_real_one_has_the_size_that_was_published() -> None:
    """6.15B, in the paper and on the model page (Tongyi-MAI/Z-Image, Apache-2.0); diffusers' own defaults are its configuration."""
    with torch.device("meta"):
        model = ZImageTransformer2DModel()
    shapes = {name: tuple(each.shape) for name, each in model.named_parameters()}
    assert sum(each.numel() for each in model.parameters()) == pytest.approx(6.15e9, rel=0.005)
    layers = LAYOUT._linear({name: shape for name, shape in shapes.items() if name.endswith(".weight")})
    linear = {
        name for name, each in model.named_modules() if isinstance(each, nn.Linear) and name.startswith("layers.") and "adaLN" not in name
    }
    assert set(layers) == linear
    assert len(layers) == 7 * 30


@pytest.mark.parametrize(
    ("knobs", "says"), [({"frames": 9}, "this base makes pictures, so it must be 1"), ({"width": 36}, "multiple of 8")]
)
def test_what_a_picture_cannot_be_gets_a_sentence(knobs: dict[str, int], says: str, made: Make) -> None:
    with pytest.raises(BadJob, match=says):
        prepare(Job.from_dict(made(**knobs)))


def test_the_wrong_family_gets_a_sentence(made: Make) -> None:
    with pytest.raises(BadJob, match="holds a ZImagePipeline, not a WanPipeline"):
        prepare(Job.from_dict(made({"family": "wan"})))


def test_the_shell_checks_and_estimates_it(made: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "job.json"
    path.write_text(json.dumps(made()))
    assert cli.main(["check", str(path)]) == 0
    assert cli.main(["estimate", str(path)]) == 0
    said = capsys.readouterr().out.splitlines()
    assert "14 layers" in said[0]
    assert json.loads(said[1])["tokens_per_step"] == 2 * 16


def test_a_run_learns_and_writes_files_that_do_the_same(pictured: Ran) -> None:
    files = {file["layout"]: file["max_abs_diff"] for file in pictured.manifest["files"]}
    assert files == {"diffusers": 0.0, "comfyui": 0.0, "peft": 0.0}
    assert pictured.manifest["validation_after"] < pictured.manifest["validation_before"]


def test_comfyui_finds_the_names_it_looks_for(pictured: Ran) -> None:
    names = load_file(pictured.out / "models/comfyui/trn_test.safetensors")
    for layer in ("attention.to_q", "attention.to_out.0", "feed_forward.w1", "feed_forward.w3"):
        for part in ("lora_A.weight", "lora_B.weight", "alpha"):
            assert f"diffusion_model.layers.1.{layer}.{part}" in names


def test_its_previews_are_pictures(pictured: Ran) -> None:
    shown = pictured.manifest["previews"]
    assert (shown["base"], shown["custom"]) == (["previews/00-base.png"], ["previews/00-custom-000004.png"])
    before, after = (np.asarray(Image.open(pictured.out / shown[which][0])) for which in ("base", "custom"))
    assert before.shape == (256, 256, 3)
    assert not np.array_equal(before, after)


@pytest.mark.parametrize("layout", ["diffusers", "comfyui"])
def test_a_user_of_diffusers_makes_the_same_picture(layout: str, pictured: Ran, base: Path) -> None:
    pipeline = DiffusionPipeline.from_pretrained(base)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(str(pictured.out / "models" / layout), weight_name="trn_test.safetensors")
    made = pipeline(
        PROMPT,
        negative_prompt="",
        height=32,
        width=32,
        num_inference_steps=3,
        guidance_scale=2.0,
        max_sequence_length=24,
        generator=torch.Generator().manual_seed(1),
        output_type="np",
    ).images[0]
    ours = np.asarray(Image.open(pictured.out / "previews/00-custom-000004.png"))[::8, ::8]
    assert np.array_equal((made * 255 + 0.5).astype(np.uint8), ours)


def test_its_jobs_share_a_pass(made: Make, pictured: Ran, tmp_path: Path) -> None:
    jobs = [Job.from_dict(made({"id": name, "previews": []})) for name in ("trn_test", "trn_other")]
    works, failed = [Work(job, tmp_path / job.id, lambda _: None) for job in jobs], []
    (together,) = arrange(works)
    run_many(together, bases=Resident(), failed=lambda _, error: failed.append(error))
    assert failed == []
    manifest = json.loads((tmp_path / "trn_test" / "manifest.json").read_text())
    assert manifest["loss_first"] == pytest.approx(pictured.manifest["loss_first"], rel=1e-4)
    assert manifest["validation_after"] == pytest.approx(pictured.manifest["validation_after"], rel=1e-3)


def test_its_memory_counts_its_own_blocks(base: Path) -> None:
    facts: Facts = families.layout("z_image").facts(base)
    found = LAYOUT.footprint(facts)
    assert (found.blocks, found.width, found.hidden) == (2, 96, 256)
    assert budget.weights(facts, budget.WAYS["cpu"][0]) == 4 * (facts.parameters + facts.text_encoder + facts.vae)


def test_a_vae_that_is_odd_gets_no_traceback(base: Path, tmp_path: Path) -> None:
    for name in ("transformer", "text_encoder", "model_index.json", "recipe.json"):
        (tmp_path / name).symlink_to(base / name)
    (tmp_path / "vae").mkdir()
    (tmp_path / "vae/config.json").write_text((base / "vae/config.json").read_text())
    change(tmp_path / "vae/config.json", block_out_channels="many")
    with pytest.raises(BadJob, match="block_out_channels"):
        LAYOUT.facts(tmp_path)
