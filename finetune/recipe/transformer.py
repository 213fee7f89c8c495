"""The tiny Wan transformer, trained together with its text encoder by flow matching."""

import random

import torch
from diffusers import WanTransformer3DModel
from torch.nn import functional

from finetune import drawn
from finetune.recipe.corpus import Corpus

SHIFT = 3.0
NEARLY_NOISE = 0.15
CAPTION_DROPOUT = 0.1
STRANGE = 0.4


def model() -> WanTransformer3DModel:
    """2.75 M parameters; a 32x32x9 clip is 80 tokens."""
    return WanTransformer3DModel(
        patch_size=(1, 2, 2),
        num_attention_heads=6,
        attention_head_dim=32,
        in_channels=16,
        out_channels=16,
        text_dim=128,
        freq_dim=128,
        ffn_dim=768,
        num_layers=4,
        rope_max_seq_len=256,
    )


def batch(corpus: Corpus, seed: int, step: int, count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and caption rows of this step: a function of seed and step alone, so that resuming needs no state."""
    rng = random.Random(f"{seed}/transformer/{step}")
    rows = torch.tensor([rng.randrange(len(corpus.latents)) for _ in range(count)])
    places, spoken = len(drawn.captions()), (len(corpus.ids) - 1) // len(drawn.captions())
    prefixes = [rng.randrange(spoken) if rng.random() < STRANGE else 0 for _ in range(count)]
    captions = corpus.caption[rows] + places * torch.tensor(prefixes)
    captions[torch.tensor([rng.random() < CAPTION_DROPOUT for _ in range(count)])] = len(corpus.ids) - 1
    return corpus.latents[rows], captions


def sigmas(count: int, generator: torch.Generator) -> torch.Tensor:
    """Logit-normal, shifted toward noise as the scheduler shifts them; some are drawn from the noisiest twentieth alone.

    Sampling begins at pure noise, and there the background is decided. A logit-normal hardly ever visits it: a base trained
    without that share put every shape on the same background.
    """
    drawn = torch.sigmoid(torch.randn(count, generator=generator))
    usual = SHIFT * drawn / (1 + (SHIFT - 1) * drawn)
    nearly = 1 - 0.05 * torch.rand(count, generator=generator)
    return torch.where(torch.rand(count, generator=generator) < NEARLY_NOISE, nearly, usual)


def loss(model: WanTransformer3DModel, latents: torch.Tensor, text: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The model sees (1 - sigma) x + sigma noise and tells noise - x."""
    sigma = sigmas(len(latents), generator)
    noise = torch.randn(latents.shape, generator=generator)
    mix = sigma.view(-1, 1, 1, 1, 1)
    told = model((1 - mix) * latents + mix * noise, timestep=sigma * 1000, encoder_hidden_states=text, return_dict=False)[0]
    return functional.mse_loss(told, noise - latents)
