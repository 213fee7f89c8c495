"""LoRA on frozen linear layers, for one job or for several that share a pass: each layer runs once over the clips of all jobs,
which lie one job after the other on dimension 0, and every job's own low-rank pair is added by a batched product."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from finetune.families.seam import part_of
from finetune.training.carry import Carried, swap
from finetune.training.frozen import product

Tensors = dict[str, torch.Tensor]
Shapes = dict[str, tuple[int, int]]


@dataclass(frozen=True)
class Adapter:
    """A LoRA to put on: the linear layers' names, rank, alpha, and the seed its A matrices are drawn from."""

    layers: tuple[str, ...]
    rank: int
    alpha: float
    seed: int

    @property
    def scale(self) -> float:
        return self.alpha / self.rank


@dataclass(frozen=True)
class Pair:
    """A (n, r, in) and B (n, out, r) of one layer for all jobs, and their gradients: views into the stack's."""

    a: torch.Tensor
    b: torch.Tensor
    a_gradient: torch.Tensor
    b_gradient: torch.Tensor


class _Added(torch.autograd.Function):
    """x W' + bias + scale (x A') B' with W frozen. Keeps x and the narrow h = scale x A', never the wide product.

    x: (N b, ..., in); A: (N, r, in); B: (N, out, r); scale: (N, 1, 1). An input that needs no gradient gets none computed.
    The gradients of A and B are added to the pair's in place, and autograd is given none.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        pair: Pair,
        a: torch.Tensor,
        b: torch.Tensor,
        scale: torch.Tensor,
    ) -> torch.Tensor:
        rows = x.reshape(a.shape[0], -1, x.shape[-1])
        h = torch.bmm(rows, a.to(x.dtype).mT).mul_(scale)
        y = product(x, weight, bias)
        y.view(*rows.shape[:2], -1).baddbmm_(h, b.to(x.dtype).mT)
        ctx.save_for_backward(rows, h, weight, a, b, scale)
        ctx.shape, ctx.pair = x.shape, pair
        return y

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        rows, h, weight, a, b, scale = ctx.saved_tensors
        gy = gradients[0].reshape(*rows.shape[:2], -1)
        gh = torch.bmm(gy, b.to(gy.dtype)).mul_(scale)
        gx = None
        if ctx.needs_input_grad[0]:
            wide = product(gy.reshape(-1, gy.shape[-1]), weight.mT)
            gx = wide.view(rows.shape).baddbmm_(gh, a.to(gy.dtype)).view(ctx.shape)
        _add(ctx.pair.a_gradient, gh.mT, rows)
        _add(ctx.pair.b_gradient, gy.mT, h)
        return gx, None, None, None, None, None, None


def _add(into: torch.Tensor, one: torch.Tensor, other: torch.Tensor) -> None:
    if into.dtype == one.dtype:
        into.baddbmm_(one, other)
    else:
        into.add_(torch.bmm(one, other))


class Stack:
    """The adapters of the jobs in a pass, and their gradients.

    One row of `values` and `gradients` holds all of a job, so that clipping, stepping and leaving are each a matter of rows. Ranks
    are padded to the largest: where A's rows and B's columns are both 0 their gradients are 0 too, and so they stay. On a base with two
    transformers a row has two parts, which the optimiser steps apart: one parameter of `rows` for each part of each job.
    """

    def __init__(self, adapters: Sequence[Adapter], shapes: Shapes, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        """`shapes`: (out, in) of every layer of the adapters."""
        self.adapters = list(adapters)
        self.layers, self._shapes, self._rank = adapters[0].layers, shapes, max(each.rank for each in adapters)
        self._spans = self._measure()
        self._narrowed: int | None = None
        values = torch.zeros(len(adapters), max(span.stop for span in self._spans.values()), dtype=dtype, device=device)
        self.rows = [nn.Parameter(row[span]) for row in values for span in self._spans.values()]
        self._seat(values)
        for row, adapter in enumerate(adapters):
            self.write(row, _drawn(adapter, shapes, dtype))

    def _measure(self) -> dict[str, slice]:
        """Where each part begins and ends in a row."""
        spans: dict[str, slice] = {}
        at = 0
        for layer in self.layers:
            end = at + self._rank * sum(self._shapes[layer])
            spans[part_of(layer)] = slice(spans[part_of(layer)].start if part_of(layer) in spans else at, end)
            at = end
        return spans

    def _seat(self, values: torch.Tensor) -> None:
        """Parts of `values` become the layers' matrices and the optimiser's parameters."""
        self.values, self.gradients = values, torch.zeros_like(values)
        self.scale = torch.tensor([each.scale for each in self.adapters], dtype=values.dtype, device=values.device).view(-1, 1, 1)
        for index, row in enumerate(self.rows):
            job, part = divmod(index, len(self._spans))
            span = list(self._spans.values())[part]
            row.data, row.grad = values[job, span], self.gradients[job, span]
        cut = zip(self.layers, self._cut(values), self._cut(self.gradients), strict=True)
        self.pairs = {layer: Pair(a.requires_grad_(), b.requires_grad_(), *gradients) for layer, (a, b), gradients in cut}

    def _cut(self, flat: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """(n, width) to every layer's (n, r, in) and (n, out, r), as views."""
        at = 0
        for layer in self.layers:
            out, into = self._shapes[layer]
            a, b = flat[:, at : at + self._rank * into], flat[:, at + self._rank * into : at + self._rank * (into + out)]
            at += self._rank * (into + out)
            yield a.view(-1, self._rank, into).detach(), b.view(-1, out, self._rank).detach()

    def read(self, row: int, flat: torch.Tensor | None = None) -> Tensors:
        """Copies of job `row` at its own rank: `<layer>.lora_A.weight` (r, in) and `<layer>.lora_B.weight` (out, r). `flat`: of another
        vector that lies like a row, an optimiser's memory, instead.
        """
        rank, found = self.adapters[row].rank, {}
        cut = self._cut(self.values[row : row + 1] if flat is None else flat[None])
        for layer, (a, b) in zip(self.layers, cut, strict=True):
            found[f"{layer}.lora_A.weight"] = a[0, :rank].clone()
            found[f"{layer}.lora_B.weight"] = b[0, :, :rank].clone()
        return found

    def write(self, row: int, tensors: Tensors, flat: torch.Tensor | None = None) -> None:
        """What `read` gave, back in its place."""
        rank = self.adapters[row].rank
        cut = self._cut(self.values[row : row + 1] if flat is None else flat[None])
        for layer, (a, b) in zip(self.layers, cut, strict=True):
            a[0, :rank] = tensors[f"{layer}.lora_A.weight"].to(a)
            b[0, :, :rank] = tensors[f"{layer}.lora_B.weight"].to(b)

    def leave(self, row: int) -> None:
        """The other jobs close up; their parameters keep their identity, and so the optimiser its memory of them."""
        kept, parts = [index for index in range(len(self.adapters)) if index != row], len(self._spans)
        del self.adapters[row], self.rows[row * parts : (row + 1) * parts]
        self._seat(self.values[kept])

    def of(self, row: int) -> dict[str, nn.Parameter]:
        """The optimiser's parameters of one job, by the parts they are of."""
        parts = len(self._spans)
        return dict(zip(self._spans, self.rows[row * parts : (row + 1) * parts], strict=True))

    def offer(self, row: int, sound: bool) -> None:
        """Shows the optimiser the gradients of a job that is `sound`; a part that no clip of this step went through rests."""
        for span, parameter in zip(self._spans.values(), self.of(row).values(), strict=True):
            gradient = self.gradients[row, span]
            parameter.grad = gradient if sound and (len(self._spans) == 1 or bool(gradient.any())) else None

    @contextmanager
    def only(self, row: int | None) -> Iterator[None]:
        """Within it the clips of a batch are all of one job; None: of all jobs alike."""
        before, self._narrowed = self._narrowed, row
        try:
            yield
        finally:
            self._narrowed = before

    @property
    def narrowed(self) -> int | None:
        return self._narrowed

    def on(self, layer: str) -> tuple[Pair, torch.Tensor]:
        """The matrices that a layer is to add now, and what their product is multiplied by."""
        pair, row = self.pairs[layer], self._narrowed
        if row is None:
            return pair, self.scale
        one = slice(row, row + 1)
        a, b = pair.a[one].detach().requires_grad_(), pair.b[one].detach().requires_grad_()
        return Pair(a, b, pair.a_gradient[one], pair.b_gradient[one]), self.scale[one]

    def alone(self, row: int) -> "Stack":
        """A copy of one job, as it would be had it trained alone."""
        found = Stack([self.adapters[row]], self._shapes, self.values.device, self.values.dtype)
        found.write(0, self.read(row))
        return found

    def clip(self, most: float) -> torch.Tensor:
        """Scales each job's gradient to a norm of at most `most`. Returns the norms before, (n,)."""
        norms = torch.linalg.vector_norm(self.gradients, dim=1)
        self.gradients.mul_((most / (norms + 1e-6)).clamp(max=1)[:, None])
        return norms


def _drawn(adapter: Adapter, shapes: Shapes, dtype: torch.dtype) -> Tensors:
    """A as peft draws it (uniform within 1 / sqrt(in)), B zero."""
    generator, found = torch.Generator().manual_seed(adapter.seed), {}
    for layer in adapter.layers:
        out, into = shapes[layer]
        drawn = torch.rand(adapter.rank, into, generator=generator)
        found[f"{layer}.lora_A.weight"] = ((2 * drawn - 1) / math.sqrt(into)).to(dtype)
        found[f"{layer}.lora_B.weight"] = torch.zeros(out, adapter.rank, dtype=dtype)
    return found


class _Wrapped(nn.Module):
    """A linear layer with the adapters of a stack on it, and perhaps a house adapter under them."""

    def __init__(self, linear: nn.Linear | Carried, stack: Stack, layer: str) -> None:
        super().__init__()
        self.linear, self.stack, self.layer, self.rests = linear, stack, layer, False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.rests:
            return self.linear(x)
        house = self.linear if isinstance(self.linear, Carried) else None
        plain = house.linear if house else self.linear
        pair, scale = self.stack.on(self.layer)
        if not torch.is_grad_enabled():
            return self._as_its_file(x, plain(x), house, pair)
        added = _Added.apply(x, plain.weight, plain.bias, pair, pair.a, pair.b, scale)
        return added + house.term(x).to(added.dtype) if house else added

    def _as_its_file(self, x: torch.Tensor, wide: torch.Tensor, house: Carried | None, pair: Pair) -> torch.Tensor:
        """The order of operations and the precision of those who load the exported file with diffusers: what is shown of a job alone is
        what they will see, to the bit.
        """
        if len(self.stack.adapters) > 1:
            raise RuntimeError("Several jobs are on: take one alone to show it.")
        a, b = pair.a[0].to(wide.dtype), pair.b[0].to(wide.dtype)
        under = wide + house.term(x) if house else wide
        return under + functional.linear(functional.linear(x.to(a.dtype), a), b) * self.stack.adapters[0].scale


def trains(layer: nn.Module) -> bool:
    """Whether a stack is on it, and learns."""
    return isinstance(layer, _Wrapped) and not layer.rests and torch.is_grad_enabled()


def put_on(root: nn.Module, stack: Stack, part: str = "") -> None:
    """On the transformer that is this part of its base."""
    prefix = f"{part}." if part else ""
    for layer in stack.layers:
        if part_of(layer) == part:
            name = layer.removeprefix(prefix)
            swap(root, name, _Wrapped(root.get_submodule(name), stack, layer))  # type: ignore[arg-type]


def take_off(root: nn.Module) -> None:
    for name, wrapped in _wrapped(root):
        swap(root, name, wrapped.linear)


@contextmanager
def rest(root: nn.Module) -> Iterator[None]:
    """Within it the base is bare."""
    for _, wrapped in _wrapped(root):
        wrapped.rests = True
    try:
        yield
    finally:
        for _, wrapped in _wrapped(root):
            wrapped.rests = False


def _wrapped(root: nn.Module) -> list[tuple[str, _Wrapped]]:
    return [(name, module) for name, module in root.named_modules() if isinstance(module, _Wrapped)]
