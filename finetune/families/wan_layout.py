"""Wan: what can be told from configurations, headers and names alone."""

from pathlib import Path
from typing import Any

from finetune.exits import BadJob
from finetune.families import reading
from finetune.families.seam import PAIR, Facts, Footprint, Native

PATCH = 2
ORIGINAL = (
    ("attn1.to_out.0", "self_attn.o"),
    ("attn2.to_out.0", "cross_attn.o"),
    ("attn1.to_", "self_attn."),
    ("attn2.to_", "cross_attn."),
    ("ffn.net.0.proj", "ffn.0"),
    ("ffn.net.2", "ffn.2"),
)
NATIVE = {"height": 480, "width": 832, "frames": 81, "fps": 16, "max_sequence_length": 512, "sampling_steps": 30, "guidance": 5.0}
"""Real Wan was trained with its text padded to 512, so the pads stay; a small base says its own length."""
IMAGE_TOO = {**NATIVE, "height": 704, "width": 1280, "frames": 121, "fps": 24, "sampling_steps": 50}
IN_TWO = {**NATIVE, "sampling_steps": 40, "guidance": 4.0}
VAE_BYTES = {False: 215, True: 355}
"""What the decoder holds at its widest, a pixel and channel of its last stage; residual ones keep a shortcut beside it."""


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
    kohya = True

    def facts(self, base: Path) -> Facts:
        index = reading.index_of(base, "WanPipeline")
        boundary = _boundary(index)
        vae, native = reading.read(base / "vae" / "config.json"), _native(base, index)
        shapes = {part: reading.shapes(base / part) for part in (PAIR if boundary is not None else PAIR[:1])}
        return Facts(
            id=reading.identity(base),
            native=native,
            layers=_linear(shapes["transformer"]) if boundary is None else _in_two(shapes),
            parameters=sum(map(reading.volume, shapes.values())),
            multiple=reading.small(vae, "scale_factor_spatial", 8) * PATCH,
            temporal=reading.small(vae, "scale_factor_temporal", 4),
            boundary=boundary,
            text_encoder=reading.volume(reading.shapes(base / "text_encoder")),
            vae=reading.volume(reading.shapes(base / "vae")),
            vae_pixel=_vae_pixel(vae),
        )

    def tokens(self, facts: Facts, *, height: int, width: int, frames: int) -> int:
        return ((frames - 1) // facts.temporal + 1) * (height // facts.multiple) * (width // facts.multiple)

    def footprint(self, facts: Facts) -> Footprint:
        blocks = sum(layer.endswith(".attn1.to_q") for layer in facts.layers) // len(facts.parts)
        hidden, width = next((shape for layer, shape in facts.layers.items() if layer.endswith(".ffn.net.0.proj")), (0, 0))
        return Footprint(blocks, width, hidden, narrow=9, wide=24, deep=2)

    def comfyui(self, layer: str) -> str:
        for ours, theirs in ORIGINAL:
            if f".{ours}" in layer:
                return layer.replace(f".{ours}", f".{theirs}")
        raise KeyError(layer)


LAYOUT = WanLayout()


def _boundary(index: dict[str, Any]) -> float | None:
    """From this noise level up a base with two transformers uses the first."""
    if (index.get("transformer_2") or [None])[0] is None:
        return None
    boundary = index.get("boundary_ratio")
    if not isinstance(boundary, int | float) or not 0 < boundary < 1:
        raise BadJob(f"base.path has two transformers, and its boundary_ratio is {boundary!r}; it must be a number between 0 and 1.")
    return float(boundary)


def _native(base: Path, index: dict[str, Any]) -> Native:
    usual = IMAGE_TOO if index.get("expand_timesteps") else IN_TWO if _boundary(index) is not None else NATIVE
    return reading.native(base, usual)


def _in_two(shapes: dict[str, reading.Shapes]) -> dict[str, tuple[int, int]]:
    return {f"{part}.{layer}": shape for part in PAIR for layer, shape in _linear(shapes[part]).items()}


def _linear(shapes: reading.Shapes) -> dict[str, tuple[int, int]]:
    """Layers inside the blocks that the key map knows."""
    found = {}
    for name, shape in shapes.items():
        layer = name.removesuffix(".weight")
        if layer != name and len(shape) == 2 and layer.startswith("blocks.") and any(f".{ours}" in layer for ours, _ in ORIGINAL):
            found[layer] = (shape[0], shape[1])
    return found


def _vae_pixel(vae: dict[str, Any]) -> int:
    base = vae.get("decoder_base_dim") or vae.get("base_dim") or 96
    patch = vae.get("patch_size") or 1
    return round(VAE_BYTES[bool(vae.get("is_residual"))] * base / patch**2)
