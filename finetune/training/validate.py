"""Loss on held-out clips at fixed noise levels with fixed noise: comparable before and after, and between runs."""

from collections.abc import Callable

import torch

from finetune.data.encode import Encoded
from finetune.data.windows import NOISE_LEVELS
from finetune.families.model import Model


@torch.no_grad()
def held_out_loss(model: Model, encoded: Encoded, text: dict[str, torch.Tensor], pause: Callable[[], None]) -> float:
    """The mean over clips and noise levels; the noise of a clip depends on its place in the held-out list alone.

    Each clip meets NOISE_LEVELS noise levels, the middles of equal shares of the training distribution.
    """
    sigma = model.sigmas((torch.arange(NOISE_LEVELS) + 0.5) / NOISE_LEVELS)
    total = 0.0
    for index, (latents, caption) in enumerate(zip(encoded.latents, encoded.captions, strict=True)):
        pause()
        generator = torch.Generator().manual_seed(index)
        noise = torch.randn((NOISE_LEVELS, *latents.shape), generator=generator)
        batch = [latents.expand(NOISE_LEVELS, *latents.shape), text[caption].expand(NOISE_LEVELS, -1, -1), sigma, noise]
        for part in zip(*(tensor.split(2) for tensor in batch), strict=True):
            total += float(model.loss(*(tensor.to(model.device) for tensor in part)).sum())
    return total / (NOISE_LEVELS * len(encoded.latents))
