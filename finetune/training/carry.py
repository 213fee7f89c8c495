"""A house adapter: a LoRA that stays frozen on the linear layers of a base, under whatever is trained on top."""

from collections.abc import Mapping

import torch
from torch import nn
from torch.nn import functional

from finetune.planning.house import Low


class Carried(nn.Module):
    """A linear layer with a frozen pair beside it, by the order of operations and the precision of those who load both files."""

    def __init__(self, linear: nn.Linear, a: torch.Tensor, b: torch.Tensor, scale: float) -> None:
        super().__init__()
        self.linear, self.scale = linear, scale
        self.a, self.b = a.to(linear.weight), b.to(linear.weight)

    def term(self, x: torch.Tensor) -> torch.Tensor:
        return functional.linear(functional.linear(x.to(self.a.dtype), self.a), self.b) * self.scale

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(x) + self.term(x)


def lay(root: nn.Module, lows: Mapping[str, Low], tensors: Mapping[str, torch.Tensor]) -> None:
    """`lows`: layer to how it is called in `tensors`."""
    for layer, low in lows.items():
        carried = Carried(root.get_submodule(layer), tensors[low.a], tensors[low.b], low.scale)  # type: ignore[arg-type]
        swap(root, layer, carried)


def lift(root: nn.Module) -> None:
    for name, module in [(name, module) for name, module in root.named_modules() if isinstance(module, Carried)]:
        swap(root, name, module.linear)


def swap(root: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(root.get_submodule(parent), leaf, module)
