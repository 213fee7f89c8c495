"""Z-Image through diffusers: text by a language model, pictures by a VAE, flow matching on one stream of both."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import ZImagePipeline
from numpy.typing import NDArray

from finetune.families import flow
from finetune.families.flow import Flow
from finetune.families.model import Shot
from finetune.families.z_image_layout import LAYOUT


def load(path: str, dtype: str | None = None) -> "ZImage":
    return ZImage(flow.read(ZImagePipeline, path, dtype), LAYOUT.facts(Path(path)))


class ZImage(Flow):
    """A clip is one frame, and its latents have one frame too."""

    @torch.no_grad()
    def encode_text(self, captions: Sequence[str]) -> torch.Tensor:
        """A row of zeros is no word."""
        length = self.facts.native.max_sequence_length
        texts, _ = self.pipeline.encode_prompt(list(captions), do_classifier_free_guidance=False, max_sequence_length=length)
        return flow.padded(texts, length)

    @torch.no_grad()
    def encode_clips(self, frames: NDArray[np.uint8]) -> torch.Tensor:
        config = self.pipeline.vae.config
        pictures = torch.from_numpy(frames[:, 0]).to(self.device).permute(0, 3, 1, 2).float() / 127.5 - 1
        latents = self.pipeline.vae.encode(pictures).latent_dist.mode()
        return ((latents - config.shift_factor) * config.scaling_factor)[:, :, None]

    def through(self, module: Any, noisy: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        """Its time runs from noise to picture, and so does its velocity."""
        return -torch.stack(module(list(noisy), 1 - sigma, _words(text), return_dict=False)[0])

    @torch.no_grad()
    def sample(self, shot: Shot, each_step: Callable[[], None]) -> NDArray[np.uint8]:
        pictures = self.pipeline(
            prompt_embeds=_words(shot.text),
            negative_prompt_embeds=_words(shot.empty),
            height=shot.height,
            width=shot.width,
            num_inference_steps=shot.steps,
            guidance_scale=shot.guidance,
            generator=torch.Generator().manual_seed(shot.seed),
            callback_on_step_end=flow.ticking(each_step),
            output_type="np",
        ).images
        return (pictures * 255 + 0.5).astype(np.uint8)


def _words(text: torch.Tensor) -> list[torch.Tensor]:
    return [each[each.abs().amax(-1) > 0] for each in text]
