"""What a family computes, once its weights are in memory."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
import torch
from numpy.typing import NDArray

from finetune.families.seam import Facts, Native
from finetune.planning.budget import Way
from finetune.planning.house import House
from finetune.training.lora import Stack


@dataclass(frozen=True)
class Shot:
    """One clip to sample. `text` and `empty`: (1, L, D)."""

    text: torch.Tensor
    empty: torch.Tensor
    seed: int
    height: int
    width: int
    frames: int
    steps: int
    guidance: float

    @classmethod
    def native(cls, native: Native, text: torch.Tensor, empty: torch.Tensor, seed: int) -> Self:
        """At the size, length and strength that the base asks for."""
        return cls(text, empty, seed, native.height, native.width, native.frames, native.sampling_steps, native.guidance)


class Model(Protocol):
    """A resident base. Its own weights never change; an adapter is put on and taken off."""

    facts: Facts
    device: torch.device

    def encode_text(self, captions: Sequence[str]) -> torch.Tensor:
        """(N, L, D)"""

    def encode_clips(self, frames: NDArray[np.uint8]) -> torch.Tensor:
        """(N, T, H, W, 3) RGB to standardised latents (N, C, T', H', W'), float32."""

    def sigmas(self, uniform: torch.Tensor) -> torch.Tensor:
        """Noise levels from 0 to 1 for uniform numbers from 0 to 1, by the training distribution's quantiles."""

    def predict(self, latents: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """What the model tells of clips mixed with noise, (N, C, T', H', W')."""

    def loss(
        self,
        latents: torch.Tensor,
        text: torch.Tensor,
        sigma: torch.Tensor,
        noise: torch.Tensor,
        target: torch.Tensor | None = None,
    ) -> torch.Tensor:
        """One loss for each clip of the batch, (N,), against `target` where one is given instead of what the clip itself asks for."""

    def put_on(self, stack: Stack) -> None:
        """In place of whatever is on. With several jobs in the stack, a batch holds their clips one job after the other."""

    def take_off(self) -> None: ...

    def bare(self) -> Any:
        """A context in which the adapter rests."""

    def carry(self, houses: Mapping[str, House]) -> None:
        """Wears these house adapters, by the parts of the base, frozen under what is put on; the bare base wears them too."""

    def checkpointing(self, on: bool) -> None:
        """Whether a step computes most of its way twice in order to keep less."""

    def held(self) -> Way: ...

    def load_lora(self, files: Mapping[str, Path]) -> None:
        """Puts on what each part's file holds, by the same call that a user of diffusers makes."""

    def load_peft(self, folders: Mapping[str, Path]) -> None:
        """The same of PEFT directories."""

    def sample(self, shot: Shot, each_step: Callable[[], None]) -> NDArray[np.uint8]:
        """(T, H, W, 3), RGB."""
