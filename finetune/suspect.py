"""An adapter file of unknown origin, in whatever layout, as the layers that a fingerprint is looked for in. Needs numpy alone, so that it
runs where nothing computes; what a header claims is believed of no byte that is not there."""

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

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
    held = dict(_tensors(file))
    found: dict[str, dict[str, NDArray[np.floating]]] = {}
    for name, (layer, side) in sides(held, layers, original).items():
        found.setdefault(layer, {})[side] = held[name]
    return {layer: _pair(each) for layer, each in found.items() if _fits(each)}


def sides(names: Iterable[str], layers: Iterable[str], original: Callable[[str], str]) -> dict[str, tuple[str, str]]:
    """Of those tensors that belong to one of `layers`: which layer, and whether they are its down, its up or its alpha."""
    known = {flat: layer for layer in layers for flat in (_flat(layer), _flat(original(layer)))}
    split = {name: _split(name) for name in names}
    return {name: (known[_flat(stem)], side) for name, (stem, side) in split.items() if side and _flat(stem) in known}


def _tensors(file: Path) -> Iterator[tuple[str, NDArray[np.floating]]]:
    if file.stat().st_size > LARGEST:
        raise BadData("This file is larger than any adapter of ours.")
    data = file.read_bytes()
    try:
        length = int.from_bytes(data[:8], "little")
        if not 2 <= length <= len(data) - 8:
            raise ValueError("its header is longer than the file")
        header, values = json.loads(data[8 : 8 + length]), memoryview(data)[8 + length :]
        yield from [(name, _array(each, values)) for name, each in header.items() if name != "__metadata__" and each["dtype"] in NUMBERS]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise BadData(f"This is not a safetensors file: {error}.") from error


def _array(said: dict[str, Any], values: memoryview) -> NDArray[np.floating]:
    begin, end = said["data_offsets"]
    if not 0 <= begin <= end <= len(values):
        raise ValueError("a tensor lies outside the file")
    return NUMBERS[said["dtype"]](bytes(values[begin:end])).reshape(said["shape"])


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
