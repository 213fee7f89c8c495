"""Drawn scenes as the transformer meets them: encoded once, with captions as token rows."""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import torch
from diffusers import AutoencoderKLWan

from finetune.data import drawn
from finetune.disk import weights
from finetune.recipe import vae
from finetune.recipe.training import say

Scenes = list[tuple[torch.Tensor, str]]
ALIKE = ("circle", "square")


@dataclass(frozen=True)
class Corpus:
    """latents: (N, 16, 5, 8, 8) standardised; caption: (N,) rows of ids and mask.

    After the plain captions come all of them again behind each strange word; the last row is the empty caption.
    """

    latents: torch.Tensor
    caption: torch.Tensor
    ids: torch.Tensor
    mask: torch.Tensor


def scenes(seed: int, count: int) -> Scenes:
    """(3, 9, 32, 32) from -1 to 1, and the caption; none of them held out."""
    rng, unseen = random.Random(f"{seed}/scenes"), set(drawn.held_out())
    shown = list(islice((scene for scene in _forever(rng) if scene.caption not in unseen), count))
    return [(vae.video(drawn.render(scene, frames=vae.FRAMES, size=vae.SIZE)), scene.caption) for scene in shown]


def siblings(seed: int, count: int) -> Scenes:
    """Like `scenes`, but each scene twice, one after the other, in the two shapes that look most alike."""
    rng, unseen = random.Random(f"{seed}/siblings"), set(drawn.held_out())
    found: Scenes = []
    while len(found) < count:
        one = drawn.scene(rng)
        kin = [replace(one, shape=shape) for shape in ALIKE]
        if not unseen & {member.caption for member in kin}:
            found += [(vae.video(drawn.render(member, frames=vae.FRAMES, size=vae.SIZE)), member.caption) for member in kin]
    return found


def _forever(rng: random.Random) -> Iterator[drawn.Scene]:
    while True:
        yield drawn.scene(rng)


@torch.no_grad()
def encoded(path: Path, codec: AutoencoderKLWan, drawn_clips: Callable[[], Scenes]) -> dict[str, torch.Tensor]:
    """`latents` as the VAE gives them and `caption`, the place of each caption in drawn.captions(); kept in `path`."""
    if not path.exists():
        found, place = drawn_clips(), {caption: i for i, caption in enumerate(drawn.captions())}
        latents = []
        for start in range(0, len(found), 32):
            clips = torch.stack([clip for clip, _ in found[start : start + 32]])
            latents.append(codec.encode(clips).latent_dist.mode())
        weights.save(path, {"latents": torch.cat(latents), "caption": torch.tensor([place[caption] for _, caption in found])})
        say(f"{len(found)} clips encoded")
    return weights.load(path)


def standardise(codec: AutoencoderKLWan, latents: torch.Tensor) -> None:
    """Writes mean and deviation of each latent channel into the VAE's configuration."""
    codec.register_to_config(latents_mean=latents.mean((0, 2, 3, 4)).tolist(), latents_std=latents.std((0, 2, 3, 4)).tolist())


def corpus(codec: AutoencoderKLWan, kept: dict[str, torch.Tensor], ids: torch.Tensor, mask: torch.Tensor) -> Corpus:
    mean = torch.tensor(codec.config.latents_mean).view(1, -1, 1, 1, 1)
    std = torch.tensor(codec.config.latents_std).view(1, -1, 1, 1, 1)
    return Corpus((kept["latents"] - mean) / std, kept["caption"], ids, mask)
