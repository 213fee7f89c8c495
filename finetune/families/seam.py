"""What every family says about a base before any weight is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

PAIR = ("transformer", "transformer_2")
"""The transformers of a base that has two: the first for noisy clips, the second for the rest."""


@dataclass(frozen=True)
class Native:
    """How the base wants to be sampled: sizes in pixels, text length in tokens."""

    height: int
    width: int
    frames: int
    fps: float
    max_sequence_length: int
    sampling_steps: int
    guidance: float


@dataclass(frozen=True)
class Facts:
    """`layers`: the linear layers an adapter may sit on, name to (out, in). `multiple`: what height and width divide by.

    `parameters` of all transformers; `boundary`: the noise level from which the first of two is used, and then every layer's name
    begins with its transformer's. `stills`: it makes pictures. `text_encoder` and `vae`: their parameters; `vae_pixel`: bytes that
    coding one pixel of a clip takes for a while.
    """

    id: str
    native: Native
    layers: dict[str, tuple[int, int]]
    parameters: int
    multiple: int
    temporal: int
    boundary: float | None = None
    stills: bool = False
    text_encoder: int = 0
    vae: int = 0
    vae_pixel: int = 0

    @property
    def parts(self) -> tuple[str, ...]:
        return ("",) if self.boundary is None else PAIR


def part_of(layer: str) -> str:
    """Which of two transformers a layer is in; nothing when there is one."""
    head = layer.partition(".")[0]
    return head if head in PAIR else ""


def within(layer: str) -> str:
    """The layer's name inside its own transformer."""
    return layer.removeprefix(f"{part_of(layer)}.") if part_of(layer) else layer


@dataclass(frozen=True)
class Footprint:
    """What one transformer block keeps of one token until its backward pass: bytes for each unit of its `width` and `hidden` layer.

    `narrow` tensors have the width and the precision of the weights, `wide` bytes are kept at full precision whatever that is, and
    `deep` tensors have the size of the hidden layer. `blocks` one after the other in each transformer.
    """

    blocks: int
    width: int
    hidden: int
    narrow: float
    wide: float
    deep: float


class Layout(Protocol):
    """The light half of a family."""

    targets: tuple[str, ...]
    architecture: str
    kohya: bool

    def facts(self, base: Path) -> Facts:
        """Reads configurations and weight headers. Raises BadJob when the directory is not of this family."""

    def tokens(self, facts: Facts, *, height: int, width: int, frames: int) -> int:
        """Length of the sequence that one clip becomes."""

    def footprint(self, facts: Facts) -> Footprint: ...

    def comfyui(self, layer: str) -> str:
        """The name of `layer`, as it is called within its transformer, in the code that ComfyUI reads."""
