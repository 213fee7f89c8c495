"""Our LoRA against peft's: the same gradients, the same weights after many steps; and jobs that leave each other alone."""

import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import torch
from peft import LoraConfig, inject_adapter_in_model
from torch import nn

from finetune.data.encode import Encoded
from finetune.families.wan import Wan
from finetune.job import Knobs
from finetune.running.resident import Resident
from finetune.training import lora
from finetune.training.loop import CLIP, Material, Pass, Seat, draw, learning_rate
from finetune.training.lora import Adapter, Stack

SUFFIXES = ("attn1.to_q", "attn2.to_k", "attn1.to_out.0", "ffn.net.0.proj", "ffn.net.2")
CPU = torch.device("cpu")
KNOBS = Knobs(steps=50, rank=4, alpha=8, learning_rate=2e-3, batch_size=2, height=32, width=32, frames=1, fps=4)


@dataclass(frozen=True)
class Base:
    """The tiny base's transformer in another precision, and its loss."""

    wan: Wan
    transformer: nn.Module
    device: torch.device = CPU

    def sigmas(self, uniform: torch.Tensor) -> torch.Tensor:
        return self.wan.sigmas(uniform)

    def loss(self, latents: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        kind = next(self.transformer.parameters()).dtype
        latents, text, sigma, noise = (tensor.to(kind) for tensor in (latents, text, sigma, noise))
        mix = sigma.view(-1, 1, 1, 1, 1)
        told = self.transformer((1 - mix) * latents + mix * noise, timestep=sigma * 1000, encoder_hidden_states=text, return_dict=False)[0]
        return (told - (noise - latents)).square().flatten(1).mean(1)


@pytest.fixture
def base(request: pytest.FixtureRequest, bases: Resident, tiny: Any, tiny_digest: str) -> Iterator[Base]:
    wan = bases.get("wan", str(tiny), tiny_digest)
    assert isinstance(wan, Wan)
    yield Base(wan, copy.deepcopy(wan.pipeline.transformer).to(getattr(request, "param", torch.float32)))


def layers(base: Base) -> tuple[str, ...]:
    return tuple(sorted(layer for layer in base.wan.facts.layers if layer.endswith(SUFFIXES)))


def seats(count: int, knobs: Knobs = KNOBS) -> list[Seat]:
    found = []
    for index in range(count):
        generator = torch.Generator().manual_seed(100 + index)
        latents = tuple(torch.randn(4, 16, 1, 8, 8, generator=generator))
        text = {"": torch.zeros(24, 128), "a": 0.3 * torch.randn(24, 128, generator=generator)}
        found.append(Seat(knobs, index, Material(Encoded(latents, ("a",) * 4), text, [[0, 1], [2, 3]] * knobs.steps)))
    return found


def together(base: Base, places: list[Seat], ranks: list[int] | None = None) -> Pass:
    kind = next(base.transformer.parameters()).dtype
    adapters = [Adapter(layers(base), rank, 2.0 * rank, seat.seed) for seat, rank in zip(places, ranks or [4] * len(places), strict=True)]
    stack = Stack(adapters, base.wan.facts.layers, base.device, kind)
    lora.put_on(base.transformer, stack)
    return Pass(base, stack, places)  # type: ignore[arg-type]


class Peft:
    """One job as peft's own layers and a plain AdamW train it."""

    def __init__(self, base: Base, seat: Seat, adapter: Adapter, start: dict[str, torch.Tensor]) -> None:
        self.base = Base(base.wan, copy.deepcopy(base.transformer))
        lora.take_off(self.base.transformer)
        self.base.transformer.requires_grad_(False)
        config = LoraConfig(r=adapter.rank, lora_alpha=adapter.alpha, target_modules=list(adapter.layers))
        inject_adapter_in_model(config, self.base.transformer)
        self.named = {
            name.replace(".default.", "."): parameter
            for name, parameter in self.base.transformer.named_parameters()
            if parameter.requires_grad
        }
        for name, parameter in self.named.items():
            parameter.data = start[name].clone()
        self.seat = seat
        self.adamw = torch.optim.AdamW(self.named.values(), betas=(0.9, 0.99), weight_decay=0.01)

    def gradients(self, step: int) -> dict[str, torch.Tensor]:
        self.adamw.zero_grad()
        batch = draw(self.base, self.seat.material, self.seat.knobs, self.seat.seed, step)  # type: ignore[arg-type]
        self.base.loss(*batch[:4]).mean().backward()
        return {name: parameter.grad.clone() for name, parameter in self.named.items() if parameter.grad is not None}

    def train(self, steps: int) -> dict[str, torch.Tensor]:
        for step in range(steps):
            self.gradients(step)
            torch.nn.utils.clip_grad_norm_(self.named.values(), CLIP)
            self.adamw.param_groups[0]["lr"] = learning_rate(self.seat.knobs, step)
            self.adamw.step()
        return {name: parameter.detach() for name, parameter in self.named.items()}


def distance(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> float:
    """Of all BA together, relative, by Frobenius norm."""
    apart, size = 0.0, 0.0
    for name in one:
        if name.endswith("lora_A.weight"):
            up = name.replace("lora_A", "lora_B")
            ours, theirs = one[up].double() @ one[name].double(), other[up].double() @ other[name].double()
            apart, size = apart + float((ours - theirs).square().sum()), size + float(theirs.square().sum())
    assert size > 0
    return (apart / size) ** 0.5


@pytest.mark.parametrize("base", [torch.float64], indirect=True)
@pytest.mark.parametrize("count", [1, 3])
def test_the_gradients_of_a_first_step_are_those_of_peft(base: Base, count: int) -> None:
    places = seats(count)
    run = together(base, places, [4, 2, 3][:count])
    run.stack.values.copy_(run.stack.values + 0.01 * (run.stack.values != 0))
    starts = [run.stack.read(row) for row in range(count)]
    for start in starts:
        for name, tensor in start.items():
            if "lora_B" in name:
                tensor.normal_(std=0.02, generator=torch.Generator().manual_seed(len(name)))
    for row, start in enumerate(starts):
        run.stack.write(row, start)
    batches = [draw(base, seat.material, seat.knobs, seat.seed, 0) for seat in places]  # type: ignore[arg-type]
    base.loss(*list(map(torch.cat, zip(*batches, strict=True)))[:4]).view(count, -1).mean(1).sum().backward()
    for row, (seat, start) in enumerate(zip(places, starts, strict=True)):
        theirs = Peft(base, seat, run.stack.adapters[row], start).gradients(0)
        ours = run.stack.read(row, run.stack.gradients[row])
        largest = max(float(gradient.abs().max()) for gradient in theirs.values())
        assert set(ours) == set(theirs)
        for name, gradient in theirs.items():
            assert float((ours[name] - gradient).abs().max()) <= 1e-13 * largest


@pytest.mark.parametrize(("base", "within"), [(torch.float64, 1e-9), (torch.float32, 1e-2)], indirect=["base"])
def test_after_fifty_steps_each_job_of_a_pass_is_where_peft_alone_would_be(base: Base, within: float) -> None:
    places = seats(2)
    run = together(base, places, [4, 2])
    starts = [run.stack.read(row) for row in range(2)]
    for _, _ in zip(range(50), run.steps(), strict=False):
        pass
    for row in (0, 1):
        theirs = Peft(base, places[row], run.stack.adapters[row], starts[row]).train(50)
        assert distance(run.stack.read(row), theirs) <= within


def test_what_pads_a_lower_rank_stays_exactly_zero(base: Base) -> None:
    run = together(base, seats(2), [4, 2])
    for _, _ in zip(range(5), run.steps(), strict=False):
        pass
    for pair in run.stack.pairs.values():
        assert not bool(pair.a[1, 2:].any())
        assert not bool(pair.b[1, :, 2:].any())
        assert bool(pair.b[1, :, :2].any())


def test_a_neighbour_that_is_no_longer_a_number_changes_nothing_and_leaves(base: Base) -> None:
    ill = seats(2)
    healthy = together(base, seats(2))
    for _, _ in zip(range(3), healthy.steps(), strict=False):
        pass
    lora.take_off(base.transformer)
    ill[1].material.encoded.latents[2][:] = float("nan")
    run = together(base, ill)
    steps = run.steps()
    assert [step.finite for step in next(steps)] == [True, True]
    before = run.stack.values[1].clone()
    assert [(step.number, step.finite) for step in next(steps)] == [(2, True), (2, False)]
    assert torch.equal(run.stack.values[1], before)
    next(steps)
    assert torch.equal(run.stack.values[0], healthy.stack.values[0])
    run.leave(1)
    assert [step.number for step in next(steps)] == [4]


@pytest.mark.parametrize("base", [torch.float64], indirect=True)
def test_who_leaves_early_takes_nothing_along(base: Base) -> None:
    run, solo = together(base, seats(3)), None
    for step, _ in zip(range(1, 7), run.steps(), strict=False):
        if step == 2:
            run.leave(0)
        if step == 4:
            run.leave(1)
    lora.take_off(base.transformer)
    solo = together(base, seats(2)[1:])
    for _, _ in zip(range(6), solo.steps(), strict=False):
        pass
    assert distance(run.stack.read(0), solo.stack.read(0)) <= 1e-12


def test_each_job_keeps_its_own_learning_rate(base: Base) -> None:
    places = seats(2)
    places[1].knobs = replace(KNOBS, learning_rate=0.0)
    run = together(base, places)
    before = run.stack.values.clone()
    told = next(run.steps())
    assert [step.learning_rate for step in told] == [learning_rate(KNOBS, 0), 0.0]
    assert not torch.equal(run.stack.values[0], before[0])
    assert torch.equal(run.stack.values[1], before[1])


def test_memory_moves_from_one_pass_to_another(base: Base) -> None:
    run = together(base, seats(2), [2, 4])
    next(run.steps())
    kept, values = run.memory(0), run.stack.read(0)
    lora.take_off(base.transformer)
    alone = together(base, seats(1), [2])
    alone.stack.write(0, values)
    alone.remember(0, kept)
    again = alone.memory(0)
    assert set(again) == set(kept)
    assert all(torch.equal(again[name], tensor) for name, tensor in kept.items())


def test_the_first_block_computes_no_gradient_for_its_input(base: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    run = together(base, seats(1))
    asked: dict[int, bool] = {}
    honest = lora._Added.backward

    def watched(ctx: Any, *gradients: torch.Tensor) -> Any:
        asked[ctx.saved_tensors[2].data_ptr()] = ctx.needs_input_grad[0]
        return honest(ctx, *gradients)

    monkeypatch.setattr(lora._Added, "backward", staticmethod(watched))
    next(run.steps())
    first = base.transformer.get_submodule("blocks.0.attn1.to_q").linear.weight.data_ptr()  # type: ignore[union-attr]
    assert asked.pop(first) is False
    assert any(asked.values())
