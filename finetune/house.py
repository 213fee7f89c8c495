"""A house adapter as a file: a LoRA in diffusers' layout that a base always wears. Its header is read here, and no tensor."""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finetune.exits import BadJob
from finetune.families.seam import Facts
from finetune.job import Base, Frozen
from finetune.manifest import PICKLES, file_sha256, tensor_shapes

SIDES = ("lora_A", "lora_B")
PREFIX = "transformer."
UNEVEN = ("rank_pattern", "alpha_pattern", "use_dora", "use_rslora")


@dataclass(frozen=True)
class Low:
    """The names of a layer's two matrices, and what their product is multiplied by."""

    a: str
    b: str
    scale: float


@dataclass(frozen=True)
class House:
    """`lows`: of each layer, as it is called within its transformer."""

    path: Path
    digest: str
    lows: dict[str, Low]


def read(base: Base, facts: Facts) -> dict[str, House]:
    """Transformer to the house adapter on it; empty when the base wears none. Raises BadJob."""
    found = {}
    for part, field, wanted in zip(("transformer", "transformer_2"), ("base.adapter", "base.adapter_2"), base.adapters, strict=True):
        if wanted is not None:
            if part not in (facts.parts if facts.boundary is not None else ("transformer",)):
                raise BadJob(f"{field} is for a base with two transformers, and this one has one; leave it out.")
            found[part if facts.boundary is not None else ""] = _house(wanted, field, _shapes(facts, part))
    return found


def _shapes(facts: Facts, part: str) -> dict[str, tuple[int, int]]:
    if facts.boundary is None:
        return facts.layers
    return {layer.removeprefix(f"{part}."): shape for layer, shape in facts.layers.items() if layer.startswith(f"{part}.")}


def _house(wanted: Frozen, field: str, layers: dict[str, tuple[int, int]]) -> House:
    path = Path(wanted.path)
    _refuse_code(path, field)
    if (found := f"sha256:{file_sha256(path)}") != wanted.digest:
        raise BadJob(f"{field}.digest is not that of {path.name}, which is {found}; check which house adapter was meant.")
    try:
        shapes = tensor_shapes(path)
    except BadJob as error:
        raise BadJob(str(error).replace("base.path", f"{field}.path", 1)) from error
    return House(path, wanted.digest, _lows(shapes, _about(path, field), field, layers))


def _refuse_code(path: Path, field: str) -> None:
    if path.is_symlink() or not path.is_file():
        raise BadJob(f"{field}.path: there is no plain file {path}.")
    with path.open("rb") as file:
        pickled = file.read(16).startswith(PICKLES)
    if path.suffix != ".safetensors" or pickled:
        raise BadJob(f"{field}.path: {path.name} must be a .safetensors file; pickles are never read.")


def _lows(shapes: dict[str, tuple[int, ...]], about: dict[str, Any], field: str, layers: dict[str, tuple[int, int]]) -> dict[str, Low]:
    lows = {}
    for layer in sorted({name.removeprefix(PREFIX).removesuffix(".weight").rpartition(".")[0] for name in shapes}):
        a, b = (f"{PREFIX}{layer}.{side}.weight" for side in SIDES)
        if layer not in layers or a not in shapes or b not in shapes:
            sentence = f"{field}.path: {layer or min(shapes, default='it')} is not what a LoRA in diffusers' layout has for this base;"
            raise BadJob(f"{sentence} its names are like transformer.{min(layers, default='-')}.lora_A.weight.")
        rank, (out, into) = shapes[a][0], layers[layer]
        if shapes[a] != (rank, into) or shapes[b] != (out, rank):
            raise BadJob(f"{field}.path: {layer} is made for another size than this base's {out} x {into}; choose one made for this base.")
        lows[layer] = Low(a, b, float(about.get("lora_alpha", rank)) / rank)
    if not lows or len(shapes) != 2 * len(lows):
        raise BadJob(f"{field}.path holds {'no layers' if not lows else 'more than a LoRA'}; give a LoRA in diffusers' layout.")
    return lows


def _about(path: Path, field: str) -> dict[str, Any]:
    """What the header says of rank and alpha; without it alpha is the rank, as diffusers has it."""
    with path.open("rb") as file:
        header = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    try:
        found = json.loads(header.get("__metadata__", {}).get("lora_adapter_metadata", "{}"))
        about = {key.removeprefix(PREFIX): value for key, value in found.items()}
        float(about.get("lora_alpha", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadJob(f"{field}.path: {path.name} says of itself what cannot be read: {error}.") from error
    if about and not about.get("target_modules"):
        raise BadJob(f"{field}.path: {path.name} tells its rank and not its target_modules; diffusers cannot load it so.")
    if uneven := [key for key in UNEVEN if about.get(key)]:
        raise BadJob(f"{field}.path: {uneven[0]} is not supported; give a LoRA of one rank and one alpha.")
    return about
