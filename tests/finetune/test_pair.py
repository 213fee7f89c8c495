"""A base with two transformers: one for noisy clips, one for the rest, and a pair of adapters."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file

from finetune.exits import BadJob, Stopped
from finetune.families import layout, load
from finetune.families.model import Model
from finetune.job import Job
from finetune.manifest import directory_digest
from finetune.planning.plan import prepare
from finetune.results import export
from finetune.running.arrange import arrange
from finetune.running.resident import Resident
from finetune.running.run import run_many
from finetune.running.work import Work
from finetune.training.loop import Pass, Seat
from finetune.training.lora import Adapter, Stack

from .conftest import Ran
from .models import BOUNDARY, in_two

Make = Callable[..., dict[str, Any]]
LAYERS = ("transformer.blocks.0.attn1.to_q", "transformer_2.blocks.0.attn1.to_q")


@pytest.fixture(scope="module")
def pair(tiny: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return in_two(tiny, tmp_path_factory.mktemp("pair") / "base")


@pytest.fixture(scope="module")
def made(pair: Path, job_dict: Make) -> Make:
    """A good job on it."""
    base = {"path": str(pair), "digest": directory_digest(pair)}
    return lambda top=None, **knobs: job_dict({"base": base, **(top or {})}, **knobs)


@pytest.fixture(scope="module")
def there(made: Make, train: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINETUNE_CACHE", str(cache))
        return train(made(), tmp_path_factory.mktemp("there") / "out")


@pytest.fixture(scope="module")
def resident(pair: Path) -> Model:
    return load("wan", str(pair))


@pytest.fixture
def model(resident: Model) -> Iterator[Model]:
    yield resident
    resident.take_off()


def batch(model: Model, sigma: list[float]) -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    latents = torch.randn((1, 16, 3, 8, 8), generator=generator).expand(len(sigma), -1, -1, -1, -1)
    return [latents, model.encode_text(["a red circle"]).expand(len(sigma), -1, -1), torch.tensor(sigma), torch.ones_like(latents)]


def test_its_layers_are_named_by_their_transformer(pair: Path, tiny: Path) -> None:
    found, single = layout("wan").facts(pair), layout("wan").facts(tiny)
    assert found.parts == ("transformer", "transformer_2")
    assert {name.partition(".")[0] for name in found.layers} == set(found.parts)
    assert (len(found.layers), found.parameters) == (2 * len(single.layers), 2 * single.parameters)
    assert (found.boundary, found.native.guidance) == (BOUNDARY, 3.0)


@pytest.mark.parametrize("ratio", [None, 0, 1, "half"])
def test_it_must_say_where_one_takes_over_from_the_other(ratio: Any, pair: Path, tmp_path: Path) -> None:
    (tmp_path / "base").symlink_to(pair)
    index = json.loads((pair / "model_index.json").read_text())
    for name in ("vae", "transformer", "transformer_2", "recipe.json"):
        (tmp_path / name).symlink_to(pair / name)
    (tmp_path / "model_index.json").write_text(json.dumps({**index, "boundary_ratio": ratio}))
    with pytest.raises(BadJob, match="boundary_ratio"):
        layout("wan").facts(tmp_path)


def test_layers_of_one_transformer_alone_are_refused(made: Make) -> None:
    with pytest.raises(BadJob, match="layers of both transformers"):
        prepare(Job.from_dict(made(targets=["transformer_2.blocks.0.attn1.to_q"])))


def test_a_clip_goes_through_the_transformer_that_sampling_would_use(model: Model) -> None:
    sigma = [0.1, BOUNDARY, 0.86, 1.0]
    latents, text, levels, noise = batch(model, sigma)
    together = model.predict(latents, text, levels, noise)
    for index, level in enumerate(sigma):
        module = model.pipeline.transformer if level >= BOUNDARY else model.pipeline.transformer_2  # type: ignore[attr-defined]
        one = (1 - level) * latents[:1] + level * noise[:1]
        alone = module(one, timestep=levels[index : index + 1] * 1000, encoder_hidden_states=text[:1], return_dict=False)[0]
        torch.testing.assert_close(together[index : index + 1], alone)


@pytest.mark.parametrize(("sigma", "moves", "rests"), [([0.9, 1.0], 0, 1), ([0.2, 0.8], 1, 0)])
def test_a_step_trains_the_adapters_of_its_own_side_alone(
    sigma: list[float], moves: int, rests: int, model: Model, monkeypatch: Any
) -> None:
    stack = Stack([Adapter(LAYERS, 4, 4, 0)], model.facts.layers, model.device)
    monkeypatch.setattr("finetune.training.loop.draw", lambda *_: [*batch(model, sigma), torch.zeros(len(sigma), dtype=torch.bool)])
    training = Pass(model, stack, [Seat(Job.from_dict(_knobs()).knobs, 0, None)])  # type: ignore[arg-type]
    model.put_on(stack)
    before = stack.read(0)
    next(training.steps())
    after = stack.read(0)
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert not any(name.startswith(LAYERS[rests]) for name in moved)
    assert any(name.startswith(LAYERS[moves]) for name in moved)
    memory = training.memory(0)
    steps = {part: float(memory[f"{part}.lora_B.weight/step"]) for part in LAYERS}
    assert (steps[LAYERS[moves]], steps[LAYERS[rests]]) == (1.0, 0.0)


def _knobs() -> dict[str, Any]:
    named = {"path": "x", "digest": f"sha256:{'0' * 64}"}
    knobs = {"steps": 4, "rank": 4, "alpha": 4, "learning_rate": 1e-3, "batch_size": 2, "height": 32, "width": 32, "frames": 5, "fps": 4}
    return {"version": 1, "id": "x", "family": "wan", "base": named, "dataset": {"path": "x", "root": named["digest"]}, "knobs": knobs}


def test_jobs_that_share_a_pass_each_do_exactly_what_they_do_alone(model: Model) -> None:
    adapters = [Adapter(LAYERS, 4, 4, seed) for seed in (1, 2)]
    sides = ([0.9, 0.3], [0.95, 1.0])
    stack = Stack(adapters, model.facts.layers, model.device)
    stack.values.normal_(generator=torch.Generator().manual_seed(0))
    model.put_on(stack)
    halves = [batch(model, sigma) for sigma in sides]
    together = model.loss(*(torch.cat(each) for each in zip(*halves, strict=True)))
    together.sum().backward()
    for row, half in enumerate(halves):
        alone = stack.alone(row)
        model.put_on(alone)
        losses = model.loss(*half)
        losses.sum().backward()
        assert torch.equal(together[2 * row : 2 * row + 2], losses)
        assert torch.equal(stack.gradients[row], alone.gradients[0])


def test_computing_twice_remembers_whose_clips_they_were(model: Model) -> None:
    stack = Stack([Adapter(LAYERS, 4, 4, seed) for seed in (1, 2)], model.facts.layers, model.device)
    stack.values.normal_(generator=torch.Generator().manual_seed(0))
    model.put_on(stack)
    halves, found = [batch(model, sigma) for sigma in ([0.9, 0.3], [0.95, 1.0])], []
    for twice in (False, True):
        model.checkpointing(twice)
        stack.gradients.zero_()
        model.loss(*(torch.cat(each) for each in zip(*halves, strict=True))).sum().backward()
        found.append(stack.gradients.clone())
    model.checkpointing(False)
    assert torch.equal(*found)


def test_a_run_writes_a_pair_of_each_layout_and_verifies_it(there: Ran) -> None:
    files = {(file["layout"], file["noise"]): file for file in there.manifest["files"]}
    assert set(files) == {(name, noise) for name in ("diffusers", "comfyui", "kohya", "peft") for noise in ("high_noise", "low_noise")}
    assert files["comfyui", "high_noise"]["path"] == "models/comfyui/trn_test_high_noise.safetensors"
    assert files["comfyui", "low_noise"]["path"] == "models/comfyui/trn_test_low_noise.safetensors"
    assert {file["max_abs_diff"] for file in files.values()} == {0.0}
    assert files["comfyui", "high_noise"]["tensor_digest"] != files["comfyui", "low_noise"]["tensor_digest"]
    assert there.manifest["layers"] == 80
    assert there.manifest["validation_after"] != there.manifest["validation_before"]


def test_comfyui_finds_in_both_the_names_it_looks_for(there: Ran) -> None:
    for noise in ("high_noise", "low_noise"):
        names = load_file(there.out / f"models/comfyui/trn_test_{noise}.safetensors")
        assert "diffusion_model.blocks.3.self_attn.q.lora_A.weight" in names
        assert all(name.startswith("diffusion_model.blocks.") for name in names)


def test_its_users_load_the_pair_and_see_the_preview(there: Ran, pair: Path, model: Model) -> None:
    pipeline = DiffusionPipeline.from_pretrained(pair)
    pipeline.set_progress_bar_config(disable=True)
    folder = there.out / "models/diffusers"
    pipeline.load_lora_weights(str(folder), weight_name="trn_test_high_noise.safetensors")
    pipeline.load_lora_weights(str(folder), weight_name="trn_test_low_noise.safetensors", load_into_transformer_2=True)
    prompt = {"prompt": "a red circle", "negative_prompt": "", "height": 32, "width": 32, "num_frames": 9, "max_sequence_length": 24}
    theirs = pipeline(
        **prompt, num_inference_steps=3, guidance_scale=3.0, generator=torch.Generator().manual_seed(1), output_type="np"
    ).frames[0]
    model.load_lora({part: folder / f"trn_test_{export.NOISE[part]}.safetensors" for part in model.facts.parts})
    ours = model.pipeline(  # type: ignore[attr-defined]
        **prompt, num_inference_steps=3, guidance_scale=3.0, generator=torch.Generator().manual_seed(1), output_type="np"
    ).frames[0]
    assert np.array_equal(theirs, ours)


def test_a_wrong_file_of_the_two_is_found(made: Make, train: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    honest, done = export.layouts, []

    def swapped(*arguments: Any) -> Any:
        made = honest(*arguments)
        done.append(made)
        if len(done) == 1:
            made["comfyui"] = {name: tensor * 3 for name, tensor in made["comfyui"].items()}
        return made

    monkeypatch.setattr(export, "layouts", swapped)
    with pytest.raises(RuntimeError, match="comfyui"):
        train(made(steps=2, top={"previews": []}), tmp_path / "out")


def test_a_stopped_run_resumes_to_the_same_bits(made: Make, train: Callable[..., Ran], there: Ran, tmp_path: Path) -> None:
    steps: list[int] = []

    def stopping() -> bool:
        return len(list((tmp_path / "out").glob("checkpoints/step-000003"))) > 0 and not steps

    with pytest.raises(Stopped):
        train(made(), tmp_path / "out", stopping=stopping)
    steps.append(1)
    again = train(made(), tmp_path / "out", resume=True)
    assert [file["tensor_digest"] for file in again.manifest["files"]] == [file["tensor_digest"] for file in there.manifest["files"]]


def test_two_jobs_share_a_pass_and_end_as_one_alone_does(made: Make, there: Ran, tmp_path: Path) -> None:
    works = []
    for name in ("trn_test", "trn_other"):
        job = Job.from_dict(made({"id": name, "previews": []}) if name != "trn_test" else made())
        works.append(Work(job, tmp_path / name, lambda _: None))
    failed: list[Exception] = []
    (together,) = arrange(works)
    run_many(together, bases=Resident(), failed=lambda _, error: failed.append(error))
    assert failed == []
    manifest = json.loads((tmp_path / "trn_test" / "manifest.json").read_text())
    assert manifest["shared_pass_with"] == ["trn_other"]
    assert [file["tensor_digest"] for file in manifest["files"]] == [file["tensor_digest"] for file in there.manifest["files"]]
