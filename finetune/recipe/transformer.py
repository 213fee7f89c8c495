"""The tiny Wan transformer, trained together with its text encoder by flow matching."""

import random

import torch
from diffusers import WanTransformer3DModel
from torch.nn import functional

from finetune.data import drawn
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


def batch(corpus: Corpus, seed: int, step: int, count: int, kin: int = 1) -> tuple[torch.Tensor, torch.Tensor]:
    """Latents and caption rows of this step: a function of seed and step alone, so that resuming needs no state.

    With `kin` they come in runs of so many that lie beside one another in the corpus, with one strange word or none for all.
    """
    rng = random.Random(f"{seed}/transformer/{step}")
    firsts = torch.tensor([kin * rng.randrange(len(corpus.latents) // kin) for _ in range(count // kin)])
    rows = (firsts[:, None] + torch.arange(kin)).flatten()
    places, spoken = len(drawn.captions()), (len(corpus.ids) - 1) // len(drawn.captions())
    prefixes = [rng.randrange(spoken) if rng.random() < STRANGE else 0 for _ in firsts]
    captions = corpus.caption[rows] + places * torch.tensor(prefixes).repeat_interleave(kin)
    dropped = torch.tensor([rng.random() < CAPTION_DROPOUT for _ in firsts]).repeat_interleave(kin)
    captions[dropped] = len(corpus.ids) - 1
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


def loss(
    model: WanTransformer3DModel,
    latents: torch.Tensor,
    text: torch.Tensor,
    generator: torch.Generator,
    kin: int = 1,
    contrast: float = 0.0,
) -> torch.Tensor:
    """The model sees (1 - sigma) x + sigma noise and tells noise - x. Kin meet the same noise at the same level.

    With `contrast` what it tells of two kin apart counts so many times more. Scenes that differ in one word alone, under the same noise,
    have nearly the same error, and their difference tells what that word means and nothing else. Without it the base never learned to
    tell a circle from a square, which differ in a few pixels: it drew either, whatever the caption said.
    """
    sigma = sigmas(len(latents) // kin, generator).repeat_interleave(kin)
    noise = torch.randn((len(latents) // kin, *latents.shape[1:]), generator=generator).repeat_interleave(kin, 0)
    mix = sigma.view(-1, 1, 1, 1, 1)
    told = model((1 - mix) * latents + mix * noise, timestep=sigma * 1000, encoder_hidden_states=text, return_dict=False)[0]
    plain = functional.mse_loss(told, noise - latents)
    return plain + contrast * functional.mse_loss(told[0::2] - told[1::2], latents[1::2] - latents[0::2]) / 2 if contrast else plain
