"""The loop: one LoRA on one resident base, by flow matching, from latents and text that are already encoded.

Everything random in step n is drawn from (seed, n), so a resumed run needs the step number and nothing else of a
generator's state: that, the adapter and AdamW's memory make it exact.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from finetune.encode import Encoded
from finetune.exits import BadData
from finetune.families.model import Model
from finetune.job import Knobs

WARM_UP_SHARE = 0.05
FLOOR = 0.05
CLIP = 1.0


@dataclass(frozen=True)
class Step:
    """`number` counts from 1: the optimiser steps done, this one included."""

    number: int
    loss: float
    learning_rate: float
    seconds: float


@dataclass(frozen=True)
class Material:
    """What the loop draws from. `text` holds the empty caption too; `order` the windows of every step's batch."""

    encoded: Encoded
    text: dict[str, torch.Tensor]
    order: Sequence[Sequence[int]]


def optimiser(parameters: dict[str, torch.nn.Parameter], knobs: Knobs) -> torch.optim.AdamW:
    return torch.optim.AdamW(list(parameters.values()), knobs.learning_rate, betas=(0.9, 0.99), weight_decay=0.01, fused=True)


def learning_rate(knobs: Knobs, step: int) -> float:
    """For step 0, 1, …: up over the first twentieth, then down along a cosine to a twentieth of the peak."""
    warm_up = max(1, round(knobs.steps * WARM_UP_SHARE))
    if step < warm_up:
        return knobs.learning_rate * (step + 1) / warm_up
    done = (step - warm_up) / max(1, knobs.steps - warm_up)
    return knobs.learning_rate * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * done)))


def steps(
    model: Model,
    material: Material,
    knobs: Knobs,
    seed: int,
    parameters: dict[str, torch.nn.Parameter],
    adamw: torch.optim.AdamW,
    start: int,
) -> Iterator[Step]:
    """Takes the optimiser steps start+1 … knobs.steps, one for each `next`. Raises BadData before a step that is not finite."""
    for step in range(start, knobs.steps):
        began = time.perf_counter()
        rate = learning_rate(knobs, step)
        for group in adamw.param_groups:
            group["lr"] = rate
        loss = batch_loss(model, material, knobs, seed, step)
        adamw.zero_grad(set_to_none=True)
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(parameters.values(), CLIP)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise BadData(f"The loss is no longer a number at step {step + 1}: lower knobs.learning_rate or look for broken clips.")
        adamw.step()
        yield Step(step + 1, loss.item(), rate, time.perf_counter() - began)


def batch_loss(model: Model, material: Material, knobs: Knobs, seed: int, step: int) -> torch.Tensor:
    """The mean over the batch of step `step` (from 0)."""
    generator = torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)
    rows = material.order[step]
    latents = torch.stack([material.encoded.latents[row] for row in rows])
    dropped = torch.rand(len(rows), generator=generator) < knobs.caption_dropout
    captions = ["" if drop else material.encoded.captions[row] for row, drop in zip(rows, dropped.tolist(), strict=True)]
    text = torch.stack([material.text[words] for words in captions])
    sigma = model.sigmas(torch.rand(len(rows), generator=generator))
    noise = torch.randn(latents.shape, generator=generator)
    there = [tensor.to(model.device) for tensor in (latents, text, sigma, noise)]
    return model.loss(*there).mean()
