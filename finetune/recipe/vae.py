"""The tiny Wan VAE. Deterministic latents plus a little noise: sampling the posterior early collapses it."""

import random

import numpy as np
import torch
from diffusers import AutoencoderKLWan

from finetune.data import drawn
from finetune.recipe import textures

FRAMES, SIZE = 9, 32
LATENT_NOISE = 0.02


def model() -> AutoencoderKLWan:
    """1.4 M parameters, 4x smaller in space and 2x in time. The residual (Wan 2.2) form learns far faster at this size."""
    return AutoencoderKLWan(
        is_residual=True,
        patch_size=2,
        base_dim=24,
        dim_mult=[2, 2],
        temperal_downsample=[True],
        z_dim=16,
        num_res_blocks=1,
        in_channels=12,
        out_channels=12,
        scale_factor_spatial=4,
        scale_factor_temporal=2,
        latents_mean=[0.0] * 16,
        latents_std=[1.0] * 16,
    )


def video(frames: np.ndarray) -> torch.Tensor:
    """(T, H, W, 3) bytes to (3, T, H, W) from -1 to 1."""
    return torch.from_numpy(frames).permute(3, 0, 1, 2).float() / 127.5 - 1


def mixture(seed: int, step: int, count: int) -> torch.Tensor:
    """(count, 3, 9, 32, 32). Half plain scenes, a third textures, the rest drawn in styles that only the VAE ever sees."""
    rng, grains = random.Random(f"{seed}/vae/{step}"), np.random.default_rng([seed, step])
    clips = []
    for _ in range(count):
        style = rng.choices(["plain", "texture", "neon", "blueprint"], [10, 7, 2, 1])[0]
        if style == "texture":
            clips.append(textures.clip(grains, frames=FRAMES, size=SIZE))
        else:
            clips.append(drawn.render(drawn.scene(rng), frames=FRAMES, size=SIZE, style=style))
    return torch.stack([video(clip) for clip in clips])


def crop(clips: torch.Tensor, seed: int, step: int) -> torch.Tensor:
    """Five frames most of the time: twice the steps in the same minutes."""
    rng = random.Random(f"{seed}/crop/{step}")
    if rng.random() < 0.2:
        return clips
    start = rng.randrange(FRAMES - 4)
    return clips[:, :, start : start + 5]


def loss(vae: AutoencoderKLWan, clips: torch.Tensor, noise: torch.Generator) -> torch.Tensor:
    latents, decoded = passed(vae, clips, noise)
    return weighted(decoded, clips) + small(latents)


def passed(vae: AutoencoderKLWan, clips: torch.Tensor, noise: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents, and what becomes of them under a little noise."""
    with torch.autocast("cpu", torch.bfloat16):
        latents = vae.encode(clips).latent_dist.mode()
        decoded = vae.decode(latents + LATENT_NOISE * torch.randn(latents.shape, generator=noise)).sample
    return latents.float(), decoded.float()


def weighted(decoded: torch.Tensor, clips: torch.Tensor) -> torch.Tensor:
    """L1 + 2 L2, what stands out from the background weighted five times, else small shapes are left out."""
    difference = decoded - clips
    background = clips.flatten(2).median(2).values[:, :, None, None, None]
    weight = 1 + 4 * ((clips - background).abs().mean(1, keepdim=True) > 0.15)
    return (weight * (difference.abs() + 2 * difference.square())).mean()


def small(latents: torch.Tensor) -> torch.Tensor:
    return 1e-4 * latents.square().mean()


@torch.no_grad()
def psnr(vae: AutoencoderKLWan, clips: torch.Tensor) -> float:
    """Mean over clips, in dB, of pixels from 0 to 1."""
    decoded = vae.decode(vae.encode(clips).latent_dist.mode()).sample.clamp(-1, 1)
    error = ((decoded - clips) / 2).square().flatten(1).mean(1)
    return float((-10 * torch.log10(error)).mean())
