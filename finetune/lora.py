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
        y = functional.linear(x, weight, bias)
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
            wide = functional.linear(gy.reshape(-1, gy.shape[-1]), weight.mT)
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
    are padded to the largest: where A's rows and B's columns are both 0 their gradients are 0 too, and so they stay.
    """

    def __init__(self, adapters: Sequence[Adapter], shapes: Shapes, device: torch.device, dtype: torch.dtype = torch.float32) -> None:
        """`shapes`: (out, in) of every layer of the adapters."""
        self.adapters = list(adapters)
        self.layers, self._shapes, self._rank = adapters[0].layers, shapes, max(each.rank for each in adapters)
        width = sum(self._rank * sum(shapes[layer]) for layer in self.layers)
        values = torch.zeros(len(adapters), width, dtype=dtype, device=device)
        self.rows = [nn.Parameter(row) for row in values]
        self._seat(values)
        for row, adapter in enumerate(adapters):
            self.write(row, _drawn(adapter, shapes, dtype))

    def _seat(self, values: torch.Tensor) -> None:
        """Parts of `values` become the layers' matrices and the optimiser's parameters."""
        self.values, self.gradients = values, torch.zeros_like(values)
        self.scale = torch.tensor([each.scale for each in self.adapters], dtype=values.dtype, device=values.device).view(-1, 1, 1)
        for index, row in enumerate(self.rows):
            row.data, row.grad = values[index], self.gradients[index]
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
        kept = [index for index in range(len(self.rows)) if index != row]
        del self.adapters[row], self.rows[row]
        self._seat(self.values[kept])

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
    """A linear layer with the adapters of a stack on it."""

    def __init__(self, linear: nn.Linear, stack: Stack, layer: str) -> None:
        super().__init__()
        self.linear, self.stack, self.layer, self.rests = linear, stack, layer, False

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        if self.rests:
            return self.linear(x)
        pair = self.stack.pairs[self.layer]
        if torch.is_grad_enabled():
            return _Added.apply(x, self.linear.weight, self.linear.bias, pair, pair.a, pair.b, self.stack.scale)
        return self._as_its_file(x, pair.a[0], pair.b[0])

    def _as_its_file(self, x: torch.Tensor, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        """The order of operations of those who load the exported file: what is shown of a job alone is what they will see, to the bit."""
        if len(self.stack.rows) > 1:
            raise RuntimeError("Several jobs are on: take one alone to show it.")
        wide = self.linear(x)
        return (wide + functional.linear(functional.linear(x.to(a.dtype), a), b) * self.stack.adapters[0].scale).to(wide.dtype)


def put_on(root: nn.Module, stack: Stack) -> None:
    for layer in stack.layers:
        _swap(root, layer, _Wrapped(root.get_submodule(layer), stack, layer))  # type: ignore[arg-type]


def take_off(root: nn.Module) -> None:
    for name, wrapped in _wrapped(root):
        _swap(root, name, wrapped.linear)


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


def _swap(root: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(root.get_submodule(parent), leaf, module)
