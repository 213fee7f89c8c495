"""An adapter file of unknown origin, in whatever layout, as the layers that a fingerprint is looked for in. Loads no torch."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, deserialize

from finetune.exits import BadData
from finetune.fingerprint import Floats

DOWN, UP, ALPHA = ("lora_A.weight", "lora_down.weight"), ("lora_B.weight", "lora_up.weight"), "alpha"
PREFIXES = ("base_model.model.", "transformer.", "diffusion_model.", "lora_unet_", "lora_transformer_", "model.")
LARGEST = 4 << 30
NUMBERS: dict[str, Callable[[bytes], NDArray[np.floating]]] = {
    "F64": lambda data: np.frombuffer(data, "<f8"),
    "F32": lambda data: np.frombuffer(data, "<f4"),
    "F16": lambda data: np.frombuffer(data, "<f2"),
    "BF16": lambda data: (np.frombuffer(data, "<u2").astype(np.uint32) << 16).view(np.float32),
}


def read(file: Path, layers: Iterable[str], original: Callable[[str], str]) -> dict[str, tuple[Floats, Floats]]:
    """B and A of those of `layers` that the file has, with alpha / rank multiplied into B; what else it holds is passed over.

    `original`: a layer's name in the code that ComfyUI reads. Raises BadData for what is no safetensors file.
    """
    known = {flat: layer for layer in layers for flat in (_flat(layer), _flat(original(layer)))}
    found: dict[str, dict[str, NDArray[np.floating]]] = {}
    for name, tensor in _tensors(file):
        stem, side = _split(name)
        if side and (layer := known.get(_flat(stem))):
            found.setdefault(layer, {})[side] = tensor
    return {layer: _pair(sides) for layer, sides in found.items() if _fits(sides)}


def _tensors(file: Path) -> Iterable[tuple[str, NDArray[np.floating]]]:
    if file.stat().st_size > LARGEST:
        raise BadData("This file is larger than any adapter of ours.")
    try:
        held = deserialize(file.read_bytes())
    except SafetensorError as error:
        raise BadData(f"This is not a safetensors file: {error}.") from error
    return ((name, NUMBERS[each["dtype"]](bytes(each["data"])).reshape(each["shape"])) for name, each in held if each["dtype"] in NUMBERS)


def _split(name: str) -> tuple[str, str]:
    for side, endings in (("down", DOWN), ("up", UP), ("alpha", (ALPHA,))):
        for ending in endings:
            if name.endswith(f".{ending}"):
                return name.removesuffix(f".{ending}").removesuffix(".default"), side
    return name, ""


def _flat(name: str) -> str:
    """Without what layouts put before it, and without the difference between dots and underscores."""
    while prefix := next((each for each in PREFIXES if name.startswith(each)), ""):
        name = name.removeprefix(prefix)
    return name.replace(".", "_")


def _fits(sides: dict[str, NDArray[np.floating]]) -> bool:
    if not {"down", "up"} <= sides.keys():
        return False
    return sides["down"].ndim == sides["up"].ndim == 2 and sides["down"].shape[0] == sides["up"].shape[1]


def _pair(sides: dict[str, NDArray[np.floating]]) -> tuple[Floats, Floats]:
    down, up = sides["down"].astype(np.float32), sides["up"].astype(np.float32)
    return (up * np.float32(sides["alpha"].item() / len(down)) if "alpha" in sides else up), down
