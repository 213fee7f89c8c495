"""The product of a batch with a frozen weight, by the quickest way that is at hand."""

import torch
from torch.nn import functional

ONEDNN = torch.backends.mkldnn.is_available()


def product(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None = None) -> torch.Tensor:
    """x W' + bias, outside of autograd.

    In float32 on a CPU by oneDNN, which uses the widest vectors of whatever processor it meets; the library behind `linear` keeps to
    narrower ones where it does not know the processor's maker, at half the speed. A transposed weight is taken as it lies.
    """
    if not (ONEDNN and x.dtype == torch.float32 and x.device.type == "cpu"):
        return functional.linear(x, weight, bias)
    return torch.ops.finetune.product(x, weight, bias) if torch.compiler.is_compiling() else _by_onednn(x, weight, bias)


def _by_onednn(x: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> torch.Tensor:
    return torch.ops.mkldnn._linear_pointwise(x, weight, bias, "none", [], "")


def _shape(x: torch.Tensor, weight: torch.Tensor, _bias: torch.Tensor | None) -> torch.Tensor:
    return x.new_empty(*x.shape[:-1], weight.shape[0])


_OPERATORS = torch.library.Library("finetune", "DEF")
"""A compiler takes this product as it is: it refuses oneDNN's own name for it where the weight is not a constant."""
_OPERATORS.define("product(Tensor x, Tensor weight, Tensor? bias) -> Tensor")
_OPERATORS.impl("product", _by_onednn, "CPU")
torch.library.register_fake("finetune::product", _shape, lib=_OPERATORS)
