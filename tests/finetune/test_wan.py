"""The Wan family: noise levels, loss, and adapters that come and go."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from finetune import families
from finetune.data.encode import Encoded
from finetune.families.model import Model
from finetune.job import Job
from finetune.running.resident import Resident
from finetune.training import loop as train
from finetune.training.lora import Adapter, Stack
from finetune.training.validate import held_out_loss

LAYERS = ("blocks.0.attn1.to_q", "blocks.1.ffn.net.2")


@pytest.fixture
def model(bases: Resident, tiny: Path, tiny_digest: str) -> Iterator[Model]:
    found = bases.get("wan", str(tiny), tiny_digest)
    yield found
    found.take_off()


@pytest.fixture
def batch(model: Model) -> tuple[torch.Tensor, torch.Tensor]:
    frames = np.random.default_rng(0).integers(0, 255, (2, 9, 32, 32, 3), np.uint8)
    return model.encode_clips(frames), model.encode_text(["a red circle", ""])


def stacked(model: Model, seed: int) -> Stack:
    return Stack([Adapter(LAYERS, 4, 8, seed)], model.facts.layers, model.device)


def test_latents_and_text_have_the_shapes_the_pipeline_uses(batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    latents, text = batch
    assert latents.shape == (2, 16, 5, 8, 8)
    assert text.shape == (2, 24, 128)


def test_noise_levels_cover_everything_from_faint_to_pure_noise(model: Model) -> None:
    levels = model.sigmas(torch.rand(20_000, generator=torch.Generator().manual_seed(0)))
    assert 0 < float(levels.min()) < 0.1
    assert 0.999 < float(levels.max()) <= 1
    assert 0.1 < float((levels > 0.95).float().mean()) < 0.25


def test_the_loss_is_one_number_for_each_clip_and_does_not_mix_them(model: Model, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    latents, text = batch
    sigma, noise = torch.tensor([0.3, 0.8]), torch.randn(latents.shape, generator=torch.Generator().manual_seed(1))
    together = model.loss(latents, text, sigma, noise)
    apart = torch.cat([model.loss(latents[i : i + 1], text[i : i + 1], sigma[i : i + 1], noise[i : i + 1]) for i in (0, 1)])
    assert together.shape == (2,)
    torch.testing.assert_close(together, apart)


def test_a_fresh_adapter_changes_nothing_and_only_it_is_trained(model: Model, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    latents, text = batch
    sigma, noise = torch.tensor([0.3, 0.8]), torch.zeros_like(latents)
    before = model.loss(latents, text, sigma, noise)
    stack = stacked(model, 0)
    model.put_on(stack)
    assert sorted(stack.read(0)) == sorted(f"{layer}.lora_{side}.weight" for layer in LAYERS for side in "AB")
    with torch.no_grad():
        assert torch.equal(model.loss(latents, text, sigma, noise), before)
    after = model.loss(latents, text, sigma, noise)
    torch.testing.assert_close(after, before)
    after.sum().backward()
    assert not any(parameter.requires_grad for parameter in model.pipeline.transformer.parameters())  # type: ignore[attr-defined]
    assert bool(stack.gradients.any())


def test_an_adapter_is_drawn_from_its_seed_alone(model: Model) -> None:
    drawn = []
    for seed in (1, 1, 2):
        torch.rand(3)
        drawn.append(stacked(model, seed).values)
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])


def test_without_its_adapter_the_base_is_bit_for_bit_what_it_was(model: Model, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    latents, text = batch
    sigma, noise = torch.tensor([0.3, 0.8]), torch.zeros_like(latents)
    before = model.loss(latents, text, sigma, noise)
    stack = stacked(model, 0)
    stack.values.normal_(generator=torch.Generator().manual_seed(0))
    model.put_on(stack)
    changed = model.loss(latents, text, sigma, noise)
    with model.bare():
        rested = model.loss(latents, text, sigma, noise)
    model.take_off()
    assert not torch.equal(changed, before)
    assert torch.equal(rested, before)
    assert torch.equal(model.loss(latents, text, sigma, noise), before)


def test_held_out_loss_does_not_depend_on_who_else_asked_for_random_numbers(model: Model, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    encoded, text = Encoded(tuple(batch[0]), ("a", "")), {"a": batch[1][0], "": batch[1][1]}
    first = held_out_loss(model, encoded, text, lambda: None)
    torch.rand(10)
    assert held_out_loss(model, encoded, text, lambda: None) == first


def test_caption_dropout_replaces_captions_by_the_empty_one(
    model: Model, batch: tuple[torch.Tensor, torch.Tensor], job_dict: Callable[..., Any]
) -> None:
    encoded = Encoded(tuple(batch[0]), ("a", "a"))
    asked: list[str] = []

    class Watched(dict[str, torch.Tensor]):
        def __getitem__(self, words: str) -> torch.Tensor:
            asked.append(words)
            return super().__getitem__(words)

    material = train.Material(encoded, Watched({"a": batch[1][0], "": batch[1][1]}), [[0, 1]] * 20)
    for dropout, expected in ((0.0, {"a"}), (1.0, {""}), (0.5, {"a", ""})):
        asked.clear()
        knobs = Job.from_dict(job_dict(caption_dropout=dropout)).knobs
        for step in range(6):
            train.draw(model, material, knobs, 0, step)
        assert set(asked) == expected


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("blocks.0.attn1.to_out.0", "blocks.0.self_attn.o"),
        ("blocks.11.attn2.to_k", "blocks.11.cross_attn.k"),
        ("blocks.2.ffn.net.0.proj", "blocks.2.ffn.0"),
    ],
)
def test_layers_have_their_original_names(ours: str, theirs: str) -> None:
    assert families.layout("wan").comfyui(ours) == theirs


def test_the_learning_rate_rises_then_falls_to_its_floor(job_dict: Callable[..., Any]) -> None:
    knobs = Job.from_dict(job_dict(steps=100, learning_rate=1.0)).knobs
    rates = [train.learning_rate(knobs, step) for step in range(100)]
    assert max(rates) == rates[4] == rates[5] == 1.0
    assert rates[0] < 0.3
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert 0.05 <= rates[-1] < 0.06


def test_one_time_for_all_tokens_is_the_same_as_one_for_each(model: Model, batch: tuple[torch.Tensor, torch.Tensor]) -> None:
    """Wan 2.2 5B is sampled with a time for each token, all alike where there is no first picture; training gives one for all."""
    latents, text = batch
    through = partial(model.pipeline.transformer, encoder_hidden_states=text, return_dict=False)  # type: ignore[attr-defined]
    tokens = latents[0, 0].numel() // 4
    each = through(latents, timestep=torch.tensor([300.0, 800.0])[:, None].expand(2, tokens))[0]
    torch.testing.assert_close(through(latents, timestep=torch.tensor([300.0, 800.0]))[0], each)
