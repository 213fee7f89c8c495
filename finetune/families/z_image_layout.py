"""Z-Image, which makes pictures: what can be told from configurations, headers and names alone."""

from pathlib import Path
from typing import Any

from finetune.exits import BadJob
from finetune.families import reading
from finetune.families.seam import Facts, Footprint

PATCH = 2
NATIVE = {"height": 1024, "width": 1024, "frames": 1, "fps": 1, "max_sequence_length": 512, "sampling_steps": 30, "guidance": 4.0}
VAE_BYTES = 44
"""What the decoder holds at its widest, a pixel and channel of its last stage."""


class ZImageLayout:
    targets = (
        "attention.to_q",
        "attention.to_k",
        "attention.to_v",
        "attention.to_out.0",
        "feed_forward.w1",
        "feed_forward.w2",
        "feed_forward.w3",
    )
    architecture = "z-image"
    kohya = False

    def facts(self, base: Path) -> Facts:
        reading.index_of(base, "ZImagePipeline")
        vae = reading.read(base / "vae" / "config.json")
        shapes = reading.shapes(base / "transformer")
        channels = _channels(vae)
        return Facts(
            id=reading.identity(base),
            native=reading.native(base, NATIVE),
            layers=self._linear(shapes),
            parameters=reading.volume(shapes),
            multiple=2 ** (len(channels) - 1) * PATCH,
            temporal=1,
            stills=True,
            text_encoder=reading.volume(reading.shapes(base / "text_encoder")),
            vae=reading.volume(reading.shapes(base / "vae")),
            vae_pixel=VAE_BYTES * channels[0],
        )

    def _linear(self, shapes: reading.Shapes) -> dict[str, tuple[int, int]]:
        """Of the layers that see words and picture together; those that prepare either are left alone."""
        named = {name.removesuffix(".weight"): shape for name, shape in shapes.items() if name.startswith("layers.")}
        return {layer: (shape[0], shape[1]) for layer, shape in named.items() if layer.endswith(self.targets) and len(shape) == 2}

    def tokens(self, facts: Facts, *, height: int, width: int, frames: int) -> int:
        return frames * (height // facts.multiple) * (width // facts.multiple)

    def footprint(self, facts: Facts) -> Footprint:
        blocks = sum(layer.endswith(".attention.to_q") for layer in facts.layers)
        hidden, width = next((shape for layer, shape in facts.layers.items() if layer.endswith(".feed_forward.w1")), (0, 0))
        return Footprint(blocks, width, hidden, narrow=2.7, wide=48, deep=3)

    def comfyui(self, layer: str) -> str:
        """It reads diffusers' names and joins q, k and v itself."""
        return layer


LAYOUT = ZImageLayout()


def _channels(vae: dict[str, Any]) -> list[int]:
    found = vae.get("block_out_channels", [128, 256, 512, 512])
    if not isinstance(found, list) or not 0 < len(found) < 8 or not all(isinstance(each, int) for each in found):
        raise BadJob(f"base.path: the VAE's block_out_channels are {found!r}, not a few whole numbers.")
    return found
