"""Tensors to and from safetensors files, whole or not at all. There is no other format in this engine."""

from pathlib import Path

import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from finetune.disk import files

Tensors = dict[str, torch.Tensor]


def save(path: Path, tensors: Tensors, metadata: dict[str, str] | None = None) -> None:
    """Raises StoreFailed."""
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    files.write_bytes(path, to_bytes(plain, metadata={"format": "pt"} if metadata is None else metadata))


def load(path: Path) -> Tensors:
    return load_file(path)
