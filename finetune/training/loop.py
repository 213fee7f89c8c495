"""The loop: the LoRAs of one job or of several on one resident base, by flow matching, from latents and text already encoded.

Everything random in step n of a job is drawn from (its seed, n), so a resumed run needs the step number and nothing else of a
generator's state: that, the adapter and AdamW's memory make it exact. Jobs in one pass share the base's work and nothing else.
"""

import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from finetune.data.encode import Encoded
from finetune.families.model import Model
from finetune.families.seam import part_of
from finetune.job import Knobs
from finetune.training.lora import Stack, Tensors

WARM_UP_SHARE = 0.05
FLOOR = 0.05
CLIP = 1.0


@dataclass(frozen=True)
class Step:
    """`number` counts from 1: the job's optimiser steps done, this one included. One that is not `finite` was not taken.

    `seconds` of the whole pass.
    """

    number: int
    loss: float
    learning_rate: float
    seconds: float
    finite: bool


@dataclass(frozen=True)
class Material:
    """What the loop draws from. `text` holds the empty caption too; `order` the windows of every step's batch."""

    encoded: Encoded
    text: dict[str, torch.Tensor]
    order: Sequence[Sequence[int]]

    def words(self, row: int, dropped: bool, plain: bool) -> torch.Tensor:
        captions = self.encoded.plain if plain else self.encoded.captions
        return self.text["" if dropped else captions[row]]


@dataclass
class Seat:
    """A job's place in the pass; `done` counts the steps it has behind it."""

    knobs: Knobs
    seed: int
    material: Material
    done: int = 0


class Pass:
    """The jobs that train together. Seat i, row i of the stack and group i of the optimiser belong to one job."""

    def __init__(self, model: Model, stack: Stack, seats: Sequence[Seat]) -> None:
        self.model, self.stack, self.seats = model, stack, list(seats)
        groups = [{"params": list(stack.of(row).values()), "lr": seat.knobs.learning_rate} for row, seat in enumerate(seats)]
        self.adamw = torch.optim.AdamW(groups, betas=(0.9, 0.99), weight_decay=0.01, fused=True)

    def steps(self) -> Iterator[list[Step]]:
        """One step of every seat for each `next`; whoever asks sees to it that jobs leave when they are done or no longer finite."""
        while self.seats:
            began = time.perf_counter()
            batches = [draw(self.model, seat.material, seat.knobs, seat.seed, seat.done) for seat in self.seats]
            losses = self._losses(*map(torch.cat, zip(*batches, strict=True))).view(len(self.seats), -1).mean(1)
            self.stack.gradients.zero_()
            losses.sum().backward()
            norms = self.stack.clip(CLIP)
            finite = (losses.isfinite() & norms.isfinite()).tolist()
            for row, (seat, group, sound) in enumerate(zip(self.seats, self.adamw.param_groups, finite, strict=True)):
                group["lr"] = learning_rate(seat.knobs, seat.done)
                self.stack.offer(row, sound)
                seat.done += sound
            self.adamw.step()
            seconds, rates = time.perf_counter() - began, [group["lr"] for group in self.adamw.param_groups]
            told = zip(self.seats, losses.tolist(), rates, finite, strict=True)
            yield [Step(seat.done + (not sound), loss, rate, seconds, sound) for seat, loss, rate, sound in told]

    def _losses(
        self, latents: torch.Tensor, text: torch.Tensor, sigma: torch.Tensor, noise: torch.Tensor, kept: torch.Tensor
    ) -> torch.Tensor:
        """One for each clip. For those that are to be `kept`, the bare base is the teacher instead of the clip."""
        if not bool(kept.any()):
            return self.model.loss(latents, text, sigma, noise)
        target = noise - latents
        with torch.no_grad(), self.model.bare():
            target[kept] = self.model.predict(latents[kept], text[kept], sigma[kept], noise[kept]).to(target.dtype)
        return self.model.loss(latents, text, sigma, noise, target)

    def leave(self, index: int) -> None:
        """The others go on as if the job had never been there, but for rounding."""
        for row in self.stack.of(index).values():
            self.adamw.state.pop(row, None)
        del self.seats[index], self.adamw.param_groups[index]
        self.stack.leave(index)

    def memory(self, index: int) -> Tensors:
        """What AdamW remembers of a job that has taken a step, by the names of its adapter: `<name>/exp_avg`, `…_sq`, `/step`."""
        states, found = {part: self._state(row) for part, row in self.stack.of(index).items()}, {}
        for kept in ("exp_avg", "exp_avg_sq"):
            for name, tensor in self.stack.read(index, torch.cat([state[kept] for state in states.values()])).items():
                found[f"{name}/{kept}"], found[f"{name}/step"] = tensor, states[part_of(name)]["step"].clone()
        return found

    def _state(self, row: torch.nn.Parameter) -> Tensors:
        """Of a part that no step went through yet, what it will begin with."""
        empty = torch.zeros_like(row.data)
        return self.adamw.state.get(row) or {"exp_avg": empty, "exp_avg_sq": empty, "step": torch.zeros((), device=row.device)}

    def remember(self, index: int, tensors: Tensors) -> None:
        rows = self.stack.of(index)
        width = sum(row.numel() for row in rows.values())
        flats = {kept: self.stack.values.new_zeros(width) for kept in ("exp_avg", "exp_avg_sq")}
        for kept, flat in flats.items():
            self.stack.write(
                index, {name.rpartition("/")[0]: tensor for name, tensor in tensors.items() if name.endswith(f"/{kept}")}, flat
            )
        steps = {part_of(name): tensor for name, tensor in tensors.items() if name.endswith("/step")}
        at = 0
        for part, row in rows.items():
            state = {kept: flat[at : at + row.numel()].clone() for kept, flat in flats.items()}
            self.adamw.state[row] = {**state, "step": steps[part].to(row.device)}
            at += row.numel()


def learning_rate(knobs: Knobs, step: int) -> float:
    """For step 0, 1, …: up over the first twentieth, then down along a cosine to a twentieth of the peak."""
    warm_up = max(1, round(knobs.steps * WARM_UP_SHARE))
    if step < warm_up:
        return knobs.learning_rate * (step + 1) / warm_up
    done = (step - warm_up) / max(1, knobs.steps - warm_up)
    return knobs.learning_rate * (FLOOR + (1 - FLOOR) * 0.5 * (1 + math.cos(math.pi * done)))


def draw(model: Model, material: Material, knobs: Knobs, seed: int, step: int) -> list[torch.Tensor]:
    """The batch of step `step` (from 0): latents, text, sigma, noise, and which clips are to be kept as the bare base shows them.

    With `preserve`, a caption left out is kept too: guidance starts from it, so the style must not settle there. A clip that is to be kept
    is one of those that are taught, under the same noise at the same level: then the trigger word is all that sets the two apart, and what
    the adapter learns of the one and unlearns of the other hangs on that word.
    """
    generator = torch.Generator().manual_seed((seed * 1_000_003 + step) % 2**63)
    rows = material.order[step]
    dropped = torch.rand(len(rows), generator=generator) < knobs.caption_dropout
    plain = torch.rand(len(rows), generator=generator) < knobs.preserve if knobs.preserve else torch.zeros_like(dropped)
    kept = plain | dropped if knobs.preserve else plain
    sigma = model.sigmas(torch.rand(len(rows), generator=generator))
    noise = torch.randn((len(rows), *material.encoded.latents[rows[0]].shape), generator=generator)
    twins = _twins(plain)
    rows, sigma, noise = [rows[twin] for twin in twins], sigma[twins], noise[twins]
    latents = torch.stack([material.encoded.latents[row] for row in rows])
    text = torch.stack([material.words(row, bool(drop), bool(keep)) for row, drop, keep in zip(rows, dropped, plain, strict=True)])
    return [tensor.to(model.device) for tensor in (latents, text, sigma, noise, kept)]


def _twins(plain: torch.Tensor) -> torch.Tensor:
    """For each clip of a batch the one it is: itself, or where its caption is plain one of the others in turn, if there are any."""
    places, taught = torch.arange(len(plain)), (~plain).nonzero().flatten()
    if len(taught):
        places[plain] = taught[torch.arange(int(plain.sum())) % len(taught)]
    return places
