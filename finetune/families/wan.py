"""Wan through diffusers: text by UMT5, clips by its causal video VAE, flow matching on a transformer."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from diffusers import WanPipeline
from diffusers.utils import logging as diffusers_logging
from numpy.typing import NDArray
from torch.nn import functional
from transformers.utils import logging as transformers_logging

from finetune import lora
from finetune.families.model import Shot
from finetune.families.wan_layout import LAYOUT
from finetune.lora import Stack

NEARLY_NOISE = 0.1


def load(path: str) -> "Wan":
    """On a GPU the transformer and text encoder are held in bfloat16; on a CPU everything in float32."""
    diffusers_logging.disable_progress_bar()
    transformers_logging.disable_progress_bar()
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    pipeline = WanPipeline.from_pretrained(
        path, dtype={"vae": torch.float32, "default": dtype}, use_safetensors=True, local_files_only=True
    )
    return Wan(pipeline.to(device), path)


class Wan:
    def __init__(self, pipeline: WanPipeline, path: str) -> None:
        self.facts = LAYOUT.facts(Path(path))
        self.pipeline, self.device = pipeline, pipeline.transformer.device
        pipeline.set_progress_bar_config(disable=True)
        for module in (pipeline.transformer, pipeline.vae, pipeline.text_encoder):
            module.requires_grad_(False).eval()
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

    def sigmas(self, uniform: torch.Tensor) -> torch.Tensor:
        """Logit-normal, shifted as this base's scheduler shifts; the last tenth of the quantiles covers the noisiest twentieth.

        Sampling begins at pure noise, where the large shapes and the ground are decided, and a logit-normal hardly visits it.
        """
        usual = torch.sigmoid(torch.special.ndtri((uniform.double() / (1 - NEARLY_NOISE)).clamp(1e-4, 1 - 1e-4))).float()
        config = self.pipeline.scheduler.config
        shift = config.get("flow_shift") or config.get("shift") or 1.0
        nearly = 0.95 + 0.05 * (uniform - (1 - NEARLY_NOISE)) / NEARLY_NOISE
        return torch.where(uniform < 1 - NEARLY_NOISE, shift * usual / (1 + (shift - 1) * usual), nearly)

    def predict(self, latents: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor) -> torch.Tensor:
        """The transformer sees (1 - sigma) x + sigma noise and tells the velocity noise - x."""
        mix = sigma.view(-1, 1, 1, 1, 1)
        noisy = ((1 - mix) * latents + mix * noise).to(self.pipeline.transformer.dtype)
        told = self.pipeline.transformer(noisy, timestep=sigma * 1000, encoder_hidden_states=text, return_dict=False)[0]
        return told.to(torch.promote_types(told.dtype, torch.float32))

    def loss(
        self,
        latents: torch.Tensor,
        text: torch.Tensor,
        sigma: torch.Tensor,
        noise: torch.Tensor,
        target: torch.Tensor | None = None,
    ) -> torch.Tensor:
        told = self.predict(latents, text, sigma, noise)
        target = noise - latents if target is None else target
        return functional.mse_loss(told, target.to(told.dtype), reduction="none").flatten(1).mean(1)

    def put_on(self, stack: Stack) -> None:
        self.take_off()
        lora.put_on(self.pipeline.transformer, stack)

    def take_off(self) -> None:
        lora.take_off(self.pipeline.transformer)
        self.pipeline.unload_lora_weights()

    @contextmanager
    def bare(self) -> Iterator[None]:
        with lora.rest(self.pipeline.transformer):
            yield

    def load_lora(self, file: Path) -> None:
        self.pipeline.load_lora_weights(os.fspath(file.parent), weight_name=file.name, use_safetensors=True)

    @torch.no_grad()
    def sample(self, shot: Shot, each_step: Callable[[], None]) -> NDArray[np.uint8]:
        def tick(_pipeline: object, _step: int, _timestep: object, values: dict[str, object]) -> dict[str, object]:
            each_step()
            return values

        video = self.pipeline(
            prompt_embeds=shot.text,
            negative_prompt_embeds=shot.empty,
            height=shot.height,
            width=shot.width,
            num_frames=shot.frames,
            num_inference_steps=shot.steps,
            guidance_scale=shot.guidance,
            generator=torch.Generator().manual_seed(shot.seed),
            callback_on_step_end=tick,
            output_type="np",
        ).frames[0]
        return (video * 255 + 0.5).astype(np.uint8)
