"""The real Wan models, by their true configurations and without a weight: their layers, sizes, tokens and memory."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers import AutoencoderKLWan
from diffusers.utils import logging
from torch import nn
from transformers import UMT5Config, UMT5EncoderModel

from finetune.exits import OutOfMemory
from finetune.families import layout
from finetune.families.seam import Facts
from finetune.families.wan_layout import LAYOUT
from finetune.job import Job
from finetune.manifest import DatasetManifest
from finetune.planning import budget
from finetune.planning.budget import Way
from finetune.planning.plan import Plan, foresee
from finetune.training import lora
from finetune.training.lora import Adapter, Stack

from .meter import Meter, flash
from .models import outline, wan

CONFIGS = Path(__file__).parent / "configs"
NAMES = sorted(path.stem for path in CONFIGS.glob("*.json"))
UMT5_XXL = {"d_model": 4096, "d_kv": 64, "d_ff": 10240, "num_layers": 24, "num_heads": 64, "vocab_size": 256_384}
UMT5_PARAMETERS = 5_680_910_336
GPU = Way("bfloat16", checkpointing=False)
GIB = 1 << 30


@dataclass(frozen=True)
class Real:
    config: dict[str, Any]
    facts: Facts
    transformer: nn.Module
    vae: nn.Module


def size(module: nn.Module) -> int:
    return sum(each.numel() for each in module.parameters())


@pytest.fixture(scope="module")
def reals(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Real]:
    made: dict[str, Real] = {}
    with torch.device("meta"):
        text_encoder = UMT5EncoderModel(UMT5Config(**UMT5_XXL))

    def get(name: str) -> Real:
        if name not in made:
            config = json.loads((CONFIGS / f"{name}.json").read_text())
            with torch.device("meta"):
                vae = AutoencoderKLWan.from_config(config["vae"])
            transformer = wan(config["transformer"])
            parts = {"transformer": transformer, "text_encoder": text_encoder, "vae": vae}
            if config["model_index"].get("transformer_2", [None])[0]:
                parts["transformer_2"] = transformer
            folder = outline(tmp_path_factory.mktemp("real") / name, config["model_index"], config["vae"], parts)
            made[name] = Real(config, layout("wan").facts(folder), transformer, vae)
        return made[name]

    return get


@pytest.fixture(params=NAMES)
def real(request: pytest.FixtureRequest, reals: Callable[[str], Real]) -> Real:
    return reals(request.param)


@pytest.fixture
def plan_of(job_dict: Callable[..., Any], dataset: Path) -> Callable[..., Plan]:
    """A job of one clip a step at 480x832 on a real base; the clips themselves are drawn ones, so the windows are not its own."""

    def make(facts: Facts, frames: int, **knobs: Any) -> Plan:
        job = Job.from_dict(job_dict(frames=9, height=480, width=832, rank=16, batch_size=1, **knobs))
        found = foresee(job, facts, DatasetManifest.load(dataset))
        job = replace(job, knobs=replace(job.knobs, frames=frames))
        return replace(found, job=job, tokens=layout("wan").tokens(facts, height=480, width=832, frames=frames))

    return make


def test_the_headers_alone_name_every_layer_that_the_model_has(real: Real) -> None:
    blocks = {name: each for name, each in real.transformer.named_modules() if isinstance(each, nn.Linear) and name.startswith("blocks.")}
    shapes = {name: (each.out_features, each.in_features) for name, each in blocks.items()}
    prefixes = [f"{part}." if part else "" for part in real.facts.parts]
    assert real.facts.layers == {prefix + name: shape for prefix in prefixes for name, shape in shapes.items()}
    assert all(name.endswith(LAYOUT.targets) for name in real.facts.layers)
    assert len(shapes) == 10 * real.config["transformer"]["num_layers"]
    assert all(LAYOUT.comfyui(name) for name in shapes)


def test_the_parameters_are_those_that_were_published(real: Real) -> None:
    assert real.facts.parameters == size(real.transformer) * len(real.facts.parts)
    assert real.facts.parameters == pytest.approx(real.config["published"], rel=0.01)
    assert real.facts.text_encoder == UMT5_PARAMETERS
    assert real.facts.vae == size(real.vae)


@pytest.mark.parametrize("frames", [33, 81])
def test_a_clip_has_the_tokens_it_is_known_for(frames: int, real: Real) -> None:
    assert layout("wan").tokens(real.facts, height=480, width=832, frames=frames) == real.config["tokens"][str(frames)]


def test_how_each_is_sampled_follows_from_its_kind(reals: Callable[[str], Real]) -> None:
    assert reals("wan2.1-t2v-1.3b").facts.native.frames == 81
    small, two = reals("wan2.2-ti2v-5b").facts, reals("wan2.2-t2v-a14b").facts
    assert (small.native.height, small.native.fps, small.multiple, small.boundary) == (704, 24, 32, None)
    assert (two.boundary, two.parts, two.multiple) == (0.875, ("transformer", "transformer_2"), 16)


def counted(real: Real, tokens: int, monkeypatch: pytest.MonkeyPatch, *, checkpointing: bool) -> int:
    """Bytes that one step on one clip holds at most beside weights and adapter, by the model itself."""
    monkeypatch.setattr(nn.functional, "scaled_dot_product_attention", flash)
    logging.set_verbosity_error()
    model, device = wan(real.config["transformer"]).to(torch.bfloat16).requires_grad_(False).eval(), torch.device("meta")
    model.enable_gradient_checkpointing() if checkpointing else model.disable_gradient_checkpointing()
    shapes = {name: (each.out_features, each.in_features) for name, each in model.named_modules() if name.endswith(LAYOUT.targets)}
    with device:
        lora.put_on(model, Stack([Adapter(tuple(sorted(shapes)), 16, 16, 0)], shapes, device))
        channels, meter = real.config["transformer"]["in_channels"], Meter()
        clip, text = torch.zeros(1, channels, 1, 2, 2 * tokens, dtype=torch.bfloat16), torch.zeros(1, 512, 4096, dtype=torch.bfloat16)
        model.rope.forward = lambda _: (torch.zeros(1, tokens, 1, 128), torch.zeros(1, tokens, 1, 128))
        with meter:
            model(clip, timestep=torch.ones(1), encoder_hidden_states=text, return_dict=False)[0].float().square().mean().backward()
    return meter.peak


@pytest.mark.parametrize(
    ("name", "frames", "checkpointing"),
    [("wan2.1-t2v-1.3b", 33, False), ("wan2.1-t2v-14b", 81, True), ("wan2.2-ti2v-5b", 33, False)],
)
def test_the_memory_of_a_step_is_what_the_model_itself_holds(
    name: str, frames: int, checkpointing: bool, reals: Callable[[str], Real], plan_of: Callable[..., Plan], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = reals(name)
    tokens = real.config["tokens"][str(frames)]
    told = tokens * budget.token(plan_of(real.facts, frames), Way("bfloat16", checkpointing))
    assert told == pytest.approx(counted(real, tokens, monkeypatch, checkpointing=checkpointing), rel=0.06)


@pytest.mark.parametrize("name", ["wan2.1-t2v-1.3b", "wan2.2-ti2v-5b"])
def test_the_vae_is_counted_at_its_widest(name: str, reals: Callable[[str], Real]) -> None:
    real = reals(name)
    spatial = real.facts.multiple // 2
    with torch.device("meta"), torch.no_grad(), (meter := Meter()):
        real.vae.decode(torch.zeros(1, real.config["vae"]["z_dim"], 3, 480 // spatial, 832 // spatial))  # type: ignore[operator]
    assert real.facts.vae_pixel * 480 * 832 == pytest.approx(meter.peak, rel=0.2)


def test_the_weights_take_what_their_files_do(reals: Callable[[str], Real]) -> None:
    """bfloat16 files of 28.6 GB for a 14B transformer and 11.4 GB for the text encoder, and a VAE of 0.5 GB in float32."""
    assert budget.weights(reals("wan2.1-t2v-14b").facts, GPU) / 1e9 == pytest.approx(28.6 + 11.4 + 0.5, abs=0.1)
    assert budget.weights(reals("wan2.2-t2v-a14b").facts, GPU) / 1e9 == pytest.approx(2 * 28.6 + 11.4 + 0.5, abs=0.1)


@pytest.mark.parametrize(
    ("name", "frames", "gib", "way"),
    [
        ("wan2.1-t2v-1.3b", 33, 80, GPU),
        ("wan2.1-t2v-1.3b", 33, 48, replace(GPU, checkpointing=True)),
        ("wan2.1-t2v-1.3b", 81, 80, replace(GPU, checkpointing=True)),
        ("wan2.1-t2v-14b", 81, 80, replace(GPU, checkpointing=True)),
        ("wan2.2-ti2v-5b", 33, 80, GPU),
        ("wan2.2-t2v-a14b", 81, 131, replace(GPU, checkpointing=True)),
    ],
)
def test_a_gpu_keeps_less_only_where_it_must(
    name: str, frames: int, gib: int, way: Way, reals: Callable[[str], Real], plan_of: Callable[..., Plan]
) -> None:
    assert budget.choose([plan_of(reals(name).facts, frames)], "cuda", gib * GIB) == way


def test_what_fits_in_no_way_is_told_before_a_weight_is_read(reals: Callable[[str], Real], plan_of: Callable[..., Plan]) -> None:
    with pytest.raises(OutOfMemory, match=r"needs about 5\d\.\d GB of memory and 34\.4 GB are there"):
        budget.choose([plan_of(reals("wan2.1-t2v-14b").facts, 33)], "cuda", 32 * GIB)
