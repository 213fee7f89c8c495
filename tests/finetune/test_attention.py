"""Wan's attention while an adapter learns: diffusers' own result by a shorter way; and the product with a frozen weight."""

import copy
from pathlib import Path
from typing import Any

import pytest
import torch
from diffusers.models.transformers.transformer_wan import WanAttnProcessor
from torch.nn import functional

from finetune.running.resident import Resident
from finetune.training import lora
from finetune.training.frozen import product
from finetune.training.lora import Adapter, Stack


class Dressed:
    """A copy of the tiny base's transformer in float64 with adapters of two jobs on its first block, and what it reads."""

    def __init__(self, model: Any) -> None:
        self.transformer = copy.deepcopy(model.pipeline.transformer).double()
        layers = tuple(layer for layer in model.facts.layers if layer.startswith("blocks.0.attn"))
        adapters = [Adapter(layers, rank, 8, rank) for rank in (2, 4)]
        self.stack = Stack(adapters, model.facts.layers, torch.device("cpu"), torch.float64)
        self.stack.values.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
        lora.put_on(self.transformer, self.stack)
        generator = torch.Generator().manual_seed(1)
        self.x = torch.randn(2, 80, 192, generator=generator, dtype=torch.float64).requires_grad_()
        self.text = torch.randn(2, 24, 192, generator=generator, dtype=torch.float64)
        self.places = self.transformer.rope(torch.zeros(2, 16, 5, 8, 8, dtype=torch.float64))

    def attend(self, kind: str, processor: Any) -> torch.Tensor:
        attention = getattr(self.transformer.blocks[0], kind)
        attention.set_processor(processor)
        return attention(self.x, *((None, None, self.places) if kind == "attn1" else (self.text, None, None)))

    def learn(self, kind: str, processor: Any) -> tuple[torch.Tensor, ...]:
        """The result, and the gradients of what it read and of the adapters."""
        self.stack.gradients.zero_()
        self.x.grad = None
        found = self.attend(kind, processor)
        found.sin().sum().backward()
        assert self.x.grad is not None
        return found.detach(), self.x.grad, self.stack.gradients.clone()


@pytest.fixture
def dressed(bases: Resident, tiny: Path, tiny_digest: str) -> Dressed:
    return Dressed(bases.get("wan", str(tiny), tiny_digest))


@pytest.mark.parametrize("kind", ["attn1", "attn2"])
def test_what_an_adapter_learns_is_what_it_would_by_diffusers_own_attention(dressed: Dressed, kind: str) -> None:
    own = dressed.transformer.blocks[0].attn1.processor
    assert type(own) is not WanAttnProcessor
    ours, theirs = dressed.learn(kind, own), dressed.learn(kind, WanAttnProcessor())
    assert all(bool(part.any()) for part in ours)
    torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("kind", ["attn1", "attn2"])
def test_what_is_shown_goes_diffusers_own_way_to_the_bit(dressed: Dressed, kind: str) -> None:
    own = dressed.transformer.blocks[0].attn1.processor
    dressed.stack = dressed.stack.alone(0)
    lora.take_off(dressed.transformer)
    lora.put_on(dressed.transformer, dressed.stack)
    with torch.no_grad():
        assert torch.equal(dressed.attend(kind, own), dressed.attend(kind, WanAttnProcessor()))
    with lora.rest(dressed.transformer):
        assert torch.equal(dressed.attend(kind, own), dressed.attend(kind, WanAttnProcessor()))


@pytest.mark.parametrize("kind", [torch.float32, torch.float64, torch.bfloat16])
def test_the_product_with_a_frozen_weight_is_that_of_a_linear_layer_also_where_the_weight_is_turned(kind: torch.dtype) -> None:
    generator = torch.Generator().manual_seed(0)
    x, weight, bias = (torch.randn(shape, generator=generator).to(kind) for shape in ((2, 7, 12), (20, 12), (20,)))
    torch.testing.assert_close(product(x, weight, bias), functional.linear(x, weight, bias))
    torch.testing.assert_close(product(x, weight), functional.linear(x, weight))
    back = functional.linear(x, weight)
    torch.testing.assert_close(product(back, weight.mT), back @ weight)
