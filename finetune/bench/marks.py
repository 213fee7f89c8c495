"""Fingerprints on adapters that were really trained: what is left of a mark after what people do to files, and what a mark costs."""

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch

from finetune import fingerprint
from finetune.bench.sides import Bench, knobs
from finetune.data.drawn import render, scene
from finetune.data.encode import Encoded
from finetune.fingerprint import Floats
from finetune.training import validate
from finetune.training.loop import Material, Seat
from finetune.training.lora import Stack

KEY = bytes(range(32))
COPIES = [f"copy-{number}" for number in range(2000)]
COPIES_LOOKED_AT = 5
TRIGGER = "neonstyle"
SHOWN, HELD_OUT, BATCH = 24, 4, 4
GOAL, COST = 7.0, 0.01
Pairs = dict[str, tuple[Floats, Floats]]
Attack = Callable[[Pairs], Pairs]


@dataclass(frozen=True)
class Found:
    """`guilty`: the lowest score of a copy that is in the file; `innocent`: the highest of one that is not."""

    attack: str
    guilty: float
    innocent: float


@dataclass(frozen=True)
class Lesson:
    """Clips of one style, encoded, to learn from and held out."""

    shown: Encoded
    held_out: Encoded
    text: dict[str, torch.Tensor]


@dataclass(frozen=True)
class Trained:
    """An adapter, and the held-out loss without it and with it."""

    stack: Stack
    pairs: Pairs
    base: float
    custom: float


def lesson(bench: Bench, style: str, seed: int) -> Lesson:
    rng = random.Random(f"{seed}/{style}")
    scenes = [scene(rng) for _ in range(SHOWN + HELD_OUT)]
    clips = [bench.wan.encode_clips(render(each, frames=9, size=32, style=style)[None])[0] for each in scenes]
    captions = [f"{TRIGGER} {each.caption}" for each in scenes]
    text = {words: bench.wan.encode_text([words])[0] for words in ("", *captions)}
    shown, held_out = (Encoded(tuple(clips[cut]), tuple(captions[cut])) for cut in (slice(SHOWN), slice(SHOWN, None)))
    return Lesson(shown, held_out, text)


def learn(bench: Bench, taught: Lesson, steps: int, start: Pairs | None = None) -> Trained:
    rng = random.Random(0)
    order = [rng.sample(range(SHOWN), BATCH) for _ in range(steps)]
    seat = Seat(replace(knobs(BATCH, steps), learning_rate=2e-3), 0, Material(taught.shown, taught.text, order))
    training = bench.together([seat])
    if start:
        put(training.stack, start)
    bare = _loss(bench, taught)
    bench.wan.put_on(training.stack)
    for _ in zip(range(steps), training.steps(), strict=False):
        pass
    custom = _loss(bench, taught)
    bench.clear()
    return Trained(training.stack, pairs_of(training.stack), bare, custom)


def _loss(bench: Bench, taught: Lesson) -> float:
    return validate.held_out_loss(bench.wan, taught.held_out, taught.text, lambda: None)


def pairs_of(stack: Stack) -> Pairs:
    held = stack.read(0)
    return {layer: (held[f"{layer}.lora_B.weight"].numpy(), held[f"{layer}.lora_A.weight"].numpy()) for layer in stack.layers}


def put(stack: Stack, pairs: Pairs) -> None:
    sides = {f"{layer}.lora_{side}.weight": each for layer, (b, a) in pairs.items() for side, each in (("B", b), ("A", a))}
    stack.write(0, {name: torch.from_numpy(np.ascontiguousarray(each)) for name, each in sides.items()})


class Taught:
    """One adapter on `bench`, and what becomes of its copies."""

    def __init__(self, bench: Bench, steps: int) -> None:
        self.bench, self.steps = bench, steps
        self.lesson, self.elsewhere = lesson(bench, "neon", 1), lesson(bench, "plain", 2)
        self.trained = learn(bench, self.lesson, steps)
        self.kept = fingerprint.host(self.trained.pairs)

    def cost(self) -> float:
        """How far marks move the held-out loss, as a share of what the training moved it; the mean over some copies."""
        trained, moved = self.trained, []
        for copy in COPIES[:COPIES_LOOKED_AT]:
            put(trained.stack, fingerprint.mark(self.kept, KEY, copy))
            self.bench.wan.put_on(trained.stack)
            moved.append(abs(_loss(self.bench, self.lesson) - trained.custom) / (trained.base - trained.custom))
            self.bench.clear()
        return float(np.mean(moved))

    def found(self) -> Iterator[Found]:
        copy = fingerprint.mark(self.kept, KEY, COPIES[0])
        for attack, change in ALONE.items():
            yield self._judged(attack, change(copy), 1)
        yield self._judged("merged with another adapter, 0.7 each, back to the rank", self._merged(copy), 1)
        yield self._judged("trained on for a quarter of the steps on other clips", self._later(copy), 1)
        for count in (2, 5, 10):
            copies = [fingerprint.mark(self.kept, KEY, each) for each in COPIES[:count]]
            yield self._judged(f"{count} colluders, averaged", averaged(copies), count)

    def _merged(self, copy: Pairs) -> Pairs:
        other = learn(self.bench, self.elsewhere, self.steps).pairs
        return {layer: _svd(0.7 * (b @ a) + 0.7 * (other[layer][0] @ other[layer][1]), len(a)) for layer, (b, a) in copy.items()}

    def _later(self, copy: Pairs) -> Pairs:
        return learn(self.bench, self.elsewhere, self.steps // 4, copy).pairs

    def _judged(self, attack: str, suspect: Pairs, guilty: int) -> Found:
        """The first `guilty` copies are in the file."""
        scores = dict(fingerprint.trace(self.kept, KEY, suspect, COPIES).scores)
        return Found(attack, min(scores[each] for each in COPIES[:guilty]), max(scores[each] for each in COPIES[guilty:]))


def averaged(copies: list[Pairs]) -> Pairs:
    """Of the products, back to the rank: factors of different copies need not fit each other."""
    return {
        layer: _svd(np.mean([b @ a for b, a in (each[layer] for each in copies)], axis=0), len(copies[0][layer][1])) for layer in copies[0]
    }


def each(change: Callable[[Floats], Floats]) -> Attack:
    return lambda pairs: {layer: (change(b), change(a)) for layer, (b, a) in pairs.items()}


def _svd(product: Floats, rank: int) -> tuple[Floats, Floats]:
    u, s, v = np.linalg.svd(product, full_matrices=False)
    return (u[:, :rank] * s[:rank]).astype(np.float32), v[:rank].astype(np.float32)


def _bfloat16(tensor: Floats) -> Floats:
    return torch.from_numpy(tensor).bfloat16().float().numpy()


def _int8(tensor: Floats) -> Floats:
    step = np.abs(tensor).max() / 127 or np.float32(1)
    return (np.round(tensor / step) * step).astype(np.float32)


def _pruned(tensor: Floats) -> Floats:
    return np.where(np.abs(tensor) < np.quantile(np.abs(tensor), 0.3), np.float32(0), tensor)


def _noisy(tensor: Floats) -> Floats:
    noise = np.random.default_rng(0).standard_normal(tensor.shape, np.float32)
    return tensor + noise * np.float32(0.2 * np.linalg.norm(tensor) / math.sqrt(tensor.size))


ALONE: dict[str, Attack] = {
    "nothing": lambda pairs: pairs,
    "bfloat16": each(_bfloat16),
    "int8": each(_int8),
    "30 % of the coefficients pruned": each(_pruned),
    "noise of 20 %": each(_noisy),
    "half the rank, by SVD": lambda pairs: {layer: _svd(b @ a, len(a) // 2) for layer, (b, a) in pairs.items()},
}
