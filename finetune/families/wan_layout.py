"""Wan: what can be told from configurations, headers and names alone."""

import json
from pathlib import Path
from typing import Any

from finetune.exits import BadJob
from finetune.families.seam import Facts, Native
from finetune.manifest import tensor_shapes

PATCH = 2
ORIGINAL = (
    ("attn1.to_out.0", "self_attn.o"),
    ("attn2.to_out.0", "cross_attn.o"),
    ("attn1.to_", "self_attn."),
    ("attn2.to_", "cross_attn."),
    ("ffn.net.0.proj", "ffn.0"),
    ("ffn.net.2", "ffn.2"),
)


class WanLayout:
    targets = (
        "attn1.to_q",
        "attn1.to_k",
        "attn1.to_v",
        "attn1.to_out.0",
        "attn2.to_q",
        "attn2.to_k",
        "attn2.to_v",
        "attn2.to_out.0",
        "ffn.net.0.proj",
        "ffn.net.2",
    )
    architecture = "wan"

    def facts(self, base: Path) -> Facts:
        index = _read(base / "model_index.json")
        if index.get("_class_name") != "WanPipeline":
            raise BadJob(f"base.path holds a {index.get('_class_name')}, not a WanPipeline; choose its family or another base.")
        if (index.get("transformer_2") or [None])[0] is not None:
            raise BadJob("base.path has two transformers; this engine trains Wan bases with one. Choose Wan 2.1 or a 5B base.")
        vae, native = _read(base / "vae" / "config.json"), _native(base)
        shapes: dict[str, tuple[int, ...]] = {}
        for file in sorted((base / "transformer").glob("*.safetensors")):
            shapes |= tensor_shapes(file)
        return Facts(
            id=str(_recipe(base).get("id", base.name)),
            native=native,
            layers=_linear(shapes),
            parameters=sum(_volume(shape) for shape in shapes.values()),
            multiple=_factor(vae, "scale_factor_spatial", 8) * PATCH,
            temporal=_factor(vae, "scale_factor_temporal", 4),
        )

    def tokens(self, facts: Facts, *, height: int, width: int, frames: int) -> int:
        return ((frames - 1) // facts.temporal + 1) * (height // facts.multiple) * (width // facts.multiple)

    def comfyui(self, layer: str) -> str:
        for ours, theirs in ORIGINAL:
            if f".{ours}" in layer:
                return layer.replace(f".{ours}", f".{theirs}")
        raise KeyError(layer)


LAYOUT = WanLayout()


def _read(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadJob(f"base.path: {path.name} of {path.parent.name} cannot be read: {error}.") from error
    if not isinstance(found, dict):
        raise BadJob(f"base.path: {path.name} is not a JSON object.")
    return found


def _recipe(base: Path) -> dict[str, Any]:
    return _read(base / "recipe.json") if (base / "recipe.json").exists() else {}


def _factor(vae: dict[str, Any], name: str, usual: int) -> int:
    found = vae.get(name, usual)
    if not isinstance(found, int) or not 1 <= found <= 64:
        raise BadJob(f"base.path: the VAE's {name} is {found!r}, not a small whole number.")
    return found


def _native(base: Path) -> Native:
    """Real Wan was trained with its text padded to 512, so the pads stay; a small base says its own length."""
    usual = {"height": 480, "width": 832, "frames": 81, "fps": 16, "max_sequence_length": 512, "sampling_steps": 30, "guidance": 5.0}
    said = _recipe(base).get("native", {})
    if not isinstance(said, dict) or set(said) - set(usual) or not all(isinstance(each, int | float) for each in said.values()):
        raise BadJob(f"base.path: native in recipe.json may hold the numbers {', '.join(usual)} and nothing else.")
    return Native(**{**usual, **said})


def _linear(shapes: dict[str, tuple[int, ...]]) -> dict[str, tuple[int, int]]:
    """Layers inside the blocks that the key map knows."""
    found = {}
    for name, shape in shapes.items():
        layer = name.removesuffix(".weight")
        if layer != name and len(shape) == 2 and layer.startswith("blocks.") and any(f".{ours}" in layer for ours, _ in ORIGINAL):
            found[layer] = (shape[0], shape[1])
    return found


def _volume(shape: tuple[int, ...]) -> int:
    volume = 1
    for side in shape:
        volume *= side
    return volume
