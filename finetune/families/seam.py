"""What every family says about a base before any weight is read."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


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
    """`layers`: the linear layers an adapter may sit on, name to (out, in). `multiple`: what height and width divide by."""

    id: str
    native: Native
    layers: dict[str, tuple[int, int]]
    parameters: int
    multiple: int
    temporal: int


class Layout(Protocol):
    """The light half of a family."""

    targets: tuple[str, ...]
    architecture: str

    def facts(self, base: Path) -> Facts:
        """Reads configurations and weight headers. Raises BadJob when the directory is not of this family."""

    def tokens(self, facts: Facts, *, height: int, width: int, frames: int) -> int:
        """Length of the sequence that one clip becomes."""

    def comfyui(self, layer: str) -> str:
        """The name of `layer` in the original code, which ComfyUI reads."""
