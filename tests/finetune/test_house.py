"""A base that wears a house adapter trains like any base, and the files hold what was trained alone."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from diffusers import DiffusionPipeline
from safetensors.torch import load_file, save_file

from finetune.exits import BAD_JOB, BadJob
from finetune.families.model import Model
from finetune.job import Base, Frozen, Job
from finetune.manifest import digest, directory_digest, file_sha256
from finetune.planning import group
from finetune.planning.house import read
from finetune.planning.plan import prepare
from finetune.running.resident import Resident
from finetune.training.lora import Adapter, Stack

from .conftest import Ran
from .models import in_two

Make = Callable[..., dict[str, Any]]
ABOUT = "lora_adapter_metadata"
LAYERS = ("blocks.0.attn1.to_q", "blocks.1.ffn.net.2", "blocks.3.attn2.to_v")


def frozen(path: Path) -> dict[str, str]:
    return {"path": str(path), "digest": f"sha256:{file_sha256(path)}"}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A strong LoRA on three layers, as diffusers writes one."""
    path, generator = tmp_path_factory.mktemp("house") / "house.safetensors", torch.Generator().manual_seed(3)
    tensors = {}
    for layer, (out, into) in zip(LAYERS, ((192, 192), (192, 768), (192, 192)), strict=True):
        tensors[f"transformer.{layer}.lora_A.weight"] = torch.randn(4, into, generator=generator) / into**0.5
        tensors[f"transformer.{layer}.lora_B.weight"] = torch.randn(out, 4, generator=generator) * 0.2
    about = {"transformer.r": 4, "transformer.lora_alpha": 8, "transformer.target_modules": list(LAYERS)}
    save_file(tensors, path, metadata={"format": "pt", ABOUT: json.dumps(about)})
    return path


@pytest.fixture(scope="module")
def made(house: Path, job_dict: Make) -> Make:
    """A good job on the tiny base with that on."""

    def make(top: dict[str, Any] | None = None, **knobs: Any) -> dict[str, Any]:
        return job_dict({"base": {**job_dict()["base"], "adapter": frozen(house)}, **(top or {})}, **knobs)

    return make


@pytest.fixture(scope="module")
def worn(made: Make, train: Callable[..., Ran], tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINETUNE_CACHE", str(cache))
        return train(made(), tmp_path_factory.mktemp("worn") / "out")


def test_a_job_without_one_is_the_job_it_always_was(job_dict: Make) -> None:
    written = Job.from_dict(job_dict()).to_dict()
    assert set(written["base"]) == {"path", "digest"}


def test_the_digest_of_base_and_adapter_covers_both(made: Make, job_dict: Make) -> None:
    plain, job = Job.from_dict(job_dict()), Job.from_dict(made())
    assert plain.base.worn == plain.base.digest != job.base.worn
    assert job.digest != plain.digest
    moved = made()
    moved["base"]["adapter"] = {**moved["base"]["adapter"], "path": "/elsewhere/house.safetensors"}
    assert Job.from_dict(moved).digest == job.digest
    assert Job.from_dict(job.to_dict()) == job


def test_those_who_wear_another_do_not_share_a_pass(made: Make, job_dict: Make) -> None:
    plans = [prepare(Job.from_dict(each)) for each in (made(), job_dict({"id": "trn_b"}), made({"id": "trn_c"}))]
    found = group.groups([group.candidate(plan) for plan in plans], group.Limits())
    assert [[each.job for each in together] for together in found] == [["trn_test", "trn_c"], ["trn_b"]]


def test_a_run_teaches_on_top_and_writes_what_it_taught_alone(worn: Ran, house: Path, ran: Ran) -> None:
    assert {file["max_abs_diff"] for file in worn.manifest["files"]} == {0.0}
    names = set(load_file(worn.out / "models/diffusers/trn_test.safetensors"))
    assert names == set(load_file(ran.out / "models/diffusers/trn_test.safetensors"))
    assert worn.manifest["base"]["digest"] == ran.manifest["base"]["digest"]
    assert worn.manifest["base"]["adapter"] == frozen(house)["digest"]
    assert worn.manifest["base"]["worn"] not in (frozen(house)["digest"], ran.manifest["base"]["digest"])
    assert worn.manifest["validation_before"] != ran.manifest["validation_before"]


def test_the_preview_of_the_base_wears_it_too(worn: Ran, ran: Ran) -> None:
    shown = [(each.out / each.manifest["previews"]["base"][0]).read_bytes() for each in (worn, ran)]
    assert shown[0] != shown[1]


@pytest.mark.filterwarnings("ignore:Already found a `peft_config`")
def test_its_users_load_both_and_get_what_was_verified(worn: Ran, house: Path, tiny: Path, bases: Resident, tiny_digest: str) -> None:
    pipeline = DiffusionPipeline.from_pretrained(tiny)
    pipeline.set_progress_bar_config(disable=True)
    pipeline.load_lora_weights(str(house.parent), weight_name=house.name, adapter_name="house")
    file = worn.out / "models/diffusers/trn_test.safetensors"
    pipeline.load_lora_weights(str(file.parent), weight_name=file.name, adapter_name="custom")
    pipeline.set_adapters(["house", "custom"])
    prompt = {"prompt": "a red circle", "negative_prompt": "", "height": 32, "width": 32, "num_frames": 9, "max_sequence_length": 24}
    more = {"num_inference_steps": 2, "guidance_scale": 3.0, "output_type": "np"}
    theirs = pipeline(**prompt, **more, generator=torch.Generator().manual_seed(1)).frames[0]
    model = bases.get("wan", str(tiny), tiny_digest)
    stack = Stack([Adapter(tuple(sorted(model.facts.layers)), 4, 8, 0)], model.facts.layers, model.device)
    stack.write(0, {name.removeprefix("transformer."): tensor for name, tensor in load_file(file).items()})
    model.carry(read(Base(str(tiny), tiny_digest, Frozen(**frozen(house))), model.facts))
    model.put_on(stack)
    ours = model.pipeline(**prompt, **more, generator=torch.Generator().manual_seed(1)).frames[0]  # type: ignore[attr-defined]
    model.carry({})
    assert np.array_equal(theirs, ours)


def losses(model: Model) -> torch.Tensor:
    latents = torch.randn((1, 16, 3, 8, 8), generator=torch.Generator().manual_seed(5))
    return model.loss(latents, model.encode_text(["a red circle"]), torch.tensor([0.5]), torch.zeros_like(latents))


def test_it_comes_off_without_a_trace(house: Path, tiny: Path, bases: Resident, tiny_digest: str) -> None:
    model = bases.get("wan", str(tiny), tiny_digest)
    before = losses(model)
    model.carry(read(Base(str(tiny), tiny_digest, Frozen(**frozen(house))), model.facts))
    wearing = losses(model)
    model.carry({})
    assert torch.equal(losses(model), before)
    assert not torch.allclose(wearing, before)


def test_gradients_go_through_it_and_not_into_it(house: Path, tiny: Path, bases: Resident, tiny_digest: str) -> None:
    """By finite differences, in the direction of the gradient itself."""
    model = bases.get("wan", str(tiny), tiny_digest)
    model.carry(read(Base(str(tiny), tiny_digest, Frozen(**frozen(house))), model.facts))
    stack = Stack([Adapter(("blocks.0.attn1.to_q", "blocks.0.attn1.to_k"), 4, 8, 0)], model.facts.layers, model.device)
    stack.values.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
    model.put_on(stack)
    losses(model).sum().backward()
    direction = stack.gradients[0] / stack.gradients[0].norm()
    told, step, found = float(stack.gradients[0].norm()), 0.05, []
    for sign in (1, -1):
        stack.values[0].add_(sign * step * direction)
        found.append(float(losses(model).detach()))
        stack.values[0].sub_(sign * step * direction)
    model.carry({})
    assert (found[0] - found[1]) / (2 * step) == pytest.approx(told, rel=0.05)


def altered(house: Path, path: Path, change: Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]], **about: Any) -> dict[str, str]:
    found = {"transformer.r": 4, "transformer.lora_alpha": 8, "transformer.target_modules": list(LAYERS), **about}
    save_file(change(load_file(house)), path, metadata={"format": "pt", ABOUT: json.dumps(found)})
    return frozen(path)


def renamed(old: str, new: str) -> Callable[[dict[str, torch.Tensor]], dict[str, torch.Tensor]]:
    return lambda tensors: {name.replace(old, new): tensor for name, tensor in tensors.items()}


def narrower(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {name: tensor[:, :-1].contiguous() if "to_q.lora_A" in name else tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize(
    ("change", "about", "says"),
    [
        (narrower, {}, r"base\.adapter\.path: blocks\.0\.attn1\.to_q is made for another size than this base's 192 x 192"),
        (renamed("blocks.3", "blocks.9"), {}, r"blocks\.9\.attn2\.to_v is not what a LoRA in diffusers' layout has for this base"),
        (renamed("transformer.", "diffusion_model."), {}, "its names are like transformer.blocks.0.attn1.to_k.lora_A.weight"),
        (lambda tensors: {name: each for name, each in tensors.items() if "lora_B" not in name}, {}, "is not what a LoRA"),
        (dict, {"transformer.alpha_pattern": {"blocks.0": 3}}, "alpha_pattern is not supported"),
        (dict, {"transformer.target_modules": []}, "and not its target_modules"),
        (dict, {"transformer.lora_alpha": "much"}, "says of itself what cannot be read"),
    ],
)
def test_another_file_gets_a_sentence(
    change: Callable[[Any], Any], about: dict[str, Any], says: str, house: Path, made: Make, job_dict: Make, tmp_path: Path
) -> None:
    base = {**job_dict()["base"], "adapter": altered(house, tmp_path / "other.safetensors", change, **about)}
    with pytest.raises(BadJob, match=says) as refused:
        prepare(Job.from_dict(made({"base": base})))
    assert (refused.value.exit, refused.value.code) == (BAD_JOB, "bad_job")


def check(made: Make, **adapter: str) -> None:
    base = {**made()["base"], "adapter": {**made()["base"]["adapter"], **adapter}}
    prepare(Job.from_dict(made({"base": base})))


def test_a_wrong_digest_a_pickle_and_nothing_get_a_sentence(house: Path, made: Make, tmp_path: Path) -> None:
    with pytest.raises(BadJob, match=r"base\.adapter\.digest is not that of house\.safetensors"):
        check(made, digest=digest(b""))
    with pytest.raises(BadJob, match=r"base\.adapter\.path: there is no plain file"):
        check(made, path=str(tmp_path / "none.safetensors"))
    for name in ("house.bin", "pickled.safetensors"):
        (tmp_path / name).write_bytes(b"\x80\x04pickle" * 9)
        with pytest.raises(BadJob, match="pickles are never read"):
            check(made, **frozen(tmp_path / name))
    shutil.copy(house, tmp_path / "cut.safetensors")
    with (tmp_path / "cut.safetensors").open("r+b") as file:
        file.truncate(house.stat().st_size - 1)
    with pytest.raises(BadJob, match=r"base\.adapter\.path: cut\.safetensors is truncated"):
        check(made, **frozen(tmp_path / "cut.safetensors"))


def test_one_for_a_second_transformer_needs_a_second_transformer(house: Path, made: Make) -> None:
    with pytest.raises(BadJob, match=r"base\.adapter_2 is for a base with two transformers"):
        prepare(Job.from_dict(made({"base": {**made()["base"], "adapter_2": frozen(house)}})))


def test_each_transformer_of_a_pair_wears_its_own(
    house: Path, tiny: Path, job_dict: Make, train: Callable[..., Ran], tmp_path: Path
) -> None:
    base = in_two(tiny, tmp_path / "base")
    second = altered(house, tmp_path / "second.safetensors", lambda tensors: {name: -tensor for name, tensor in tensors.items()})
    wanted = {"path": str(base), "digest": directory_digest(base), "adapter": frozen(house), "adapter_2": second}
    found = train(job_dict({"base": wanted, "previews": []}, steps=2), tmp_path / "out")
    assert {file["max_abs_diff"] for file in found.manifest["files"]} == {0.0}
    assert found.manifest["base"]["adapter_2"] == second["digest"]
