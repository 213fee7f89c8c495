"""Model directories as every family reads them: JSON and the headers of weights, never a weight."""

import json
from pathlib import Path
from typing import Any

from finetune.exits import BadJob
from finetune.families.seam import Native
from finetune.manifest import tensor_shapes

Shapes = dict[str, tuple[int, ...]]


def read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadJob(f"base.path: {path.name} of {path.parent.name} cannot be read: {error}.") from error
    if not isinstance(found, dict):
        raise BadJob(f"base.path: {path.name} is not a JSON object.")
    return found


def index_of(base: Path, pipeline: str) -> dict[str, Any]:
    """model_index.json of a directory that holds such a pipeline."""
    index = read(base / "model_index.json")
    if (found := index.get("_class_name")) != pipeline:
        raise BadJob(f"base.path holds a {found}, not a {pipeline}; choose its family or another base.")
    return index


def shapes(folder: Path) -> Shapes:
    """Of all tensors in the weights of one component."""
    found: Shapes = {}
    for file in sorted(folder.glob("*.safetensors")):
        found |= tensor_shapes(file)
    return found


def volume(found: Shapes) -> int:
    """Parameters in all."""
    total = 0
    for shape in found.values():
        sides = 1
        for side in shape:
            sides *= side
        total += sides
    return total


def identity(base: Path) -> str:
    return str(_recipe(base).get("id", base.name))


def native(base: Path, usual: dict[str, float]) -> Native:
    """What a base's recipe.json says of itself, over what is usual in its family."""
    said = _recipe(base).get("native", {})
    if not isinstance(said, dict) or set(said) - set(usual) or not all(isinstance(each, int | float) for each in said.values()):
        raise BadJob(f"base.path: native in recipe.json may hold the numbers {', '.join(usual)} and nothing else.")
    return Native(**{**usual, **said})


def small(found: dict[str, Any], name: str, usual: int) -> int:
    """A small whole number of a VAE's configuration."""
    value = found.get(name, usual)
    if not isinstance(value, int) or not 1 <= value <= 64:
        raise BadJob(f"base.path: the VAE's {name} is {value!r}, not a small whole number.")
    return value


def _recipe(base: Path) -> dict[str, Any]:
    return read(base / "recipe.json") if (base / "recipe.json").exists() else {}
