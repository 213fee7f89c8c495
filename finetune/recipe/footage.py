"""Trains the VAE of a finished base on, so that more of footage survives it.

Transformer and adapters live among the latents of drawn clips. So these are held where they are: the encoder as it was is asked beside
the one that learns, and what a drawn clip encodes to may not move. Everything else that latents can say is free for `natural` clips.
"""

import copy
import random
from pathlib import Path

import numpy as np
import torch
from diffusers import AutoencoderKLWan

from finetune.data import drawn
from finetune.recipe import natural, vae
from finetune.recipe.training import Training

RATE, HOLD = 2e-3, 0.2
NATURAL, DRAWN = 5, 3
WEIGHT, STAY = 2.0, 0.3


def train(work: Path, codec: AutoencoderKLWan, seed: int, steps: int) -> float:
    """Leaves it in `codec`. Returns the mean loss of the last hundred steps."""
    before = copy.deepcopy(codec).requires_grad_(False)
    training = Training("footage", work, [codec], steps, RATE, HOLD)
    return training.run(lambda step: loss(codec, before, batch(seed, step), torch.Generator().manual_seed(seed * 1_000_003 + step)))


def batch(seed: int, step: int) -> torch.Tensor:
    """Natural clips first, then drawn ones in all styles that the VAE knows; a function of seed and step."""
    rng, grains = random.Random(f"{seed}/footage/{step}"), np.random.default_rng([seed, step, 1])
    clips = [natural.clip(grains, frames=vae.FRAMES, size=vae.SIZE) for _ in range(NATURAL)]
    for _ in range(DRAWN):
        style = rng.choices(["plain", "neon", "blueprint"], [10, 2, 1])[0]
        clips.append(drawn.render(drawn.scene(rng), frames=vae.FRAMES, size=vae.SIZE, style=style))
    return vae.crop(torch.stack([vae.video(each) for each in clips]), seed, step)


def loss(codec: AutoencoderKLWan, before: AutoencoderKLWan, clips: torch.Tensor, noise: torch.Generator) -> torch.Tensor:
    """Drawn clips as in `vae.loss`, natural ones without weights, and how far drawn latents are from where they were, in deviations."""
    deviations = torch.tensor(codec.config.latents_std).view(1, -1, 1, 1, 1)
    with torch.autocast("cpu", torch.bfloat16), torch.no_grad():
        old = before.encode(clips[NATURAL:]).latent_dist.mode().float()
    latents, decoded = vae.passed(codec, clips, noise)
    moved = ((latents[NATURAL:] - old) / deviations).square().mean()
    error = decoded[:NATURAL] - clips[:NATURAL]
    plain = 0.5 * error.abs().mean() + 4 * error.square().mean()
    return vae.weighted(decoded[NATURAL:], clips[NATURAL:]) + WEIGHT * plain + STAY * moved + vae.small(latents)
