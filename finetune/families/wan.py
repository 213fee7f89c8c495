"""Wan through diffusers: text by UMT5, clips by its causal video VAE, flow matching on a transformer, or on two."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from diffusers import WanPipeline
from numpy.typing import NDArray

from finetune.families import flow
from finetune.families.flow import Flow
from finetune.families.model import Shot
from finetune.families.wan_attention import Attention
from finetune.families.wan_layout import LAYOUT


def load(path: str, dtype: str | None = None) -> "Wan":
    return Wan(flow.read(WanPipeline, path, dtype), path)


class Wan(Flow):
    def __init__(self, pipeline: WanPipeline, path: str) -> None:
        super().__init__(pipeline, LAYOUT.facts(Path(path)))
        for module in self.modules.values():
            module.set_attn_processor(Attention())
        config = pipeline.vae.config
        self._mean = torch.tensor(config.latents_mean, device=self.device).view(1, -1, 1, 1, 1)
        self._std = torch.tensor(config.latents_std, device=self.device).view(1, -1, 1, 1, 1)

    @torch.no_grad()
    def encode_text(self, captions: Sequence[str]) -> torch.Tensor:
        length = self.facts.native.max_sequence_length
        text, _ = self.pipeline.encode_prompt(list(captions), do_classifier_free_guidance=False, max_sequence_length=length)
        return text

    @torch.no_grad()
    def encode_clips(self, frames: NDArray[np.uint8]) -> torch.Tensor:
        video = torch.from_numpy(frames).to(self.device).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        latents = self.pipeline.vae.encode(video).latent_dist.mode()
        return (latents - self._mean) / self._std

    def through(self, module: Any, noisy: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor) -> torch.Tensor:
        return module(noisy, timestep=sigma * 1000, encoder_hidden_states=text, return_dict=False)[0]

    @torch.no_grad()
    def sample(self, shot: Shot, each_step: Callable[[], None]) -> NDArray[np.uint8]:
        video = self.pipeline(
            prompt_embeds=shot.text,
            negative_prompt_embeds=shot.empty,
            height=shot.height,
            width=shot.width,
            num_frames=shot.frames,
            num_inference_steps=shot.steps,
            guidance_scale=shot.guidance,
            generator=torch.Generator().manual_seed(shot.seed),
            callback_on_step_end=flow.ticking(each_step),
            output_type="np",
        ).frames[0]
        return (video * 255 + 0.5).astype(np.uint8)
