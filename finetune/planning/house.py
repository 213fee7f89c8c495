"""A LoRA in diffusers' layout as a file, such as the house adapter that a base always wears. Its header is read here, and no tensor."""

import dataclasses
import json
import struct
from collections.abc import Sequence
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
    """`lows`: of each layer, as it is called within its transformer. `told`: what the file's header says beside."""

    path: Path
    digest: str
    lows: dict[str, Low]
    told: dict[str, str] = dataclasses.field(default_factory=dict)


def read(base: Base, facts: Facts) -> dict[str, House]:
    """Transformer to the house adapter on it; empty when the base wears none. Raises BadJob."""
    return files(base.adapters, ("base.adapter", "base.adapter_2"), facts)


def files(adapters: Sequence[Frozen | None], fields: Sequence[str], facts: Facts) -> dict[str, House]:
    """Part of the base to the file for it; `fields` of the job file that name them. Raises BadJob."""
    found = {}
    for part, field, wanted in zip(("transformer", "transformer_2"), fields, adapters, strict=True):
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
    shapes, told = header(path, field)
    if (found := f"sha256:{file_sha256(path)}") != wanted.digest:
        raise BadJob(f"{field}.digest is not that of {path.name}, which is {found}; check which file was meant.")
    return House(path, wanted.digest, _lows(shapes, _about(path, field, told), field, layers), told)


def header(path: Path, field: str) -> tuple[dict[str, tuple[int, ...]], dict[str, str]]:
    """The shapes of a file's tensors, and what it says of itself. Raises BadJob."""
    _refuse_code(path, field)
    try:
        shapes = tensor_shapes(path)
    except BadJob as error:
        raise BadJob(str(error).replace("base.path", f"{field}.path", 1)) from error
    with path.open("rb") as file:
        found = json.loads(file.read(struct.unpack("<Q", file.read(8))[0]))
    return shapes, dict(found.get("__metadata__", {}))


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


def _about(path: Path, field: str, told: dict[str, str]) -> dict[str, Any]:
    """What the header says of rank and alpha; without it alpha is the rank, as diffusers has it."""
    try:
        found = json.loads(told.get("lora_adapter_metadata", "{}"))
        about = {key.removeprefix(PREFIX): value for key, value in found.items()}
        float(about.get("lora_alpha", 0))
    except (ValueError, TypeError, AttributeError) as error:
        raise BadJob(f"{field}.path: {path.name} says of itself what cannot be read: {error}.") from error
    if about and not about.get("target_modules"):
        raise BadJob(f"{field}.path: {path.name} tells its rank and not its target_modules; diffusers cannot load it so.")
    if uneven := [key for key in UNEVEN if about.get(key)]:
        raise BadJob(f"{field}.path: {uneven[0]} is not supported; give a LoRA of one rank and one alpha.")
    return about
