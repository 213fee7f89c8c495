"""Measuring a machine for `estimate`, with short runs on one base."""

import platform
import resource
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from finetune import estimate, families
from finetune.bench import clock, trial
from finetune.estimate import Calibration, of_plan
from finetune.families.model import Model, Shot
from finetune.job import Knobs
from finetune.manifest import directory_digest
from finetune.planning.plan import prepare
from finetune.running import device
from finetune.running.resident import Resident
from finetune.training.lora import Adapter, Stack

REPEATS = 9
RANK = 16
LARGE = 16
LONG = 1280
"""Tokens of the clip that attention is measured on, where the base's own are few."""


def measure(base: Path) -> Calibration:
    """Steps of one clip and of four tell what a step costs and what a token in it adds; a step of one clip as large as many, against
    a step of as many clips, what attention adds; a run of two steps, what comes on top.

    The base is loaded twice, and the second time counts: the first also reads what the engine is made of.
    """
    family = families.of(base)
    load = median(_seconds(lambda: _load(base, family), 1))
    model = _load(base, family)
    native, layout = model.facts.native, families.layout(family)
    tokens = layout.tokens(model.facts, height=native.height, width=native.width, frames=native.frames)
    encode, (sample, decode) = median(_seconds(lambda: model.encode_clips(_blank(model, 1)))), _sample(model)
    one = train(model, layout.targets, 1)
    small = _peak()
    four = train(model, layout.targets, 4)
    train(model, layout.targets, LARGE, repeats=1)
    memory_token = round((_peak() - small) / ((LARGE - 1) * tokens))
    depth = estimate.depth(family, model.facts)
    attention = _attention(model, layout.targets, tokens) / depth
    step_token = max(0.0, (median(four) - median(one)) / (3 * tokens) - attention * depth * tokens)
    found = Calibration(
        machine=f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {model.device}",
        parameters=model.facts.parameters // len(model.facts.parts),
        tokens=tokens,
        load=round(load, 3),
        encode_window=round(encode, 5),
        step=round(max(0.0, median(one) - (step_token + attention * depth * tokens) * tokens), 6),
        step_token=round(step_token, 9),
        sample_step=round(sample / 2, 6),
        sample_token=round(max(0.0, sample / 2 / tokens - estimate.FORWARD * attention * depth * tokens), 9),
        decode_window=round(decode, 5),
        finish=0.0,
        memory_base=small,
        memory_token=memory_token,
        low=round(0.6 * min(four) / median(four), 3),
        high=round(1.6 * max(four) / median(four), 3),
        memory=device.memory(),
        attention=attention,
    )
    return replace(found, finish=round(_rest(base, model, found), 3))


def _attention(model: Model, targets: tuple[str, ...], tokens: int) -> float:
    """Seconds that a step takes longer for each pair of tokens more that see one another."""
    across = max(2, round((LONG / tokens) ** 0.5))
    clips = across**2
    apart, whole = (median(train(model, targets, count, times)) for count, times in ((clips, 1), (1, across)))
    return max(0.0, whole - apart) / (clips * (clips - 1) * tokens**2)


def _load(base: Path, family: str) -> Model:
    directory_digest(base)
    return families.load(family, str(base))


def _rest(base: Path, model: Model, known: Calibration) -> float:
    """What a run takes beyond what is known of its parts: trying, exporting and verifying."""
    native = model.facts.native
    knobs = Knobs(2, RANK, RANK, 1e-4, 1, native.height, native.width, native.frames, native.fps)
    length = (native.frames + 1) / native.fps
    with trial.room() as folder:
        job = trial.job(base, trial.clips(folder, 3, 0, size=native.height, seconds=length), "trial", knobs)
        said = of_plan(prepare(job), known).seconds
        began = clock.now()
        trial.seconds(folder, job, Resident())
        return max(0.0, clock.now() - began - said)


def _peak() -> int:
    """The most bytes held so far, on the device that trains."""
    if torch.cuda.is_available():
        return int(torch.cuda.max_memory_allocated())
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def _seconds(work: Callable[[], object], repeats: int = 0) -> list[float]:
    """One round to warm up, then `repeats` (or REPEATS) that count."""
    work()
    found = []
    for _ in range(repeats or REPEATS):
        began = clock.now()
        work()
        found.append(clock.now() - began)
    return found


def _blank(model: Model, count: int) -> NDArray[np.uint8]:
    native = model.facts.native
    return np.zeros((count, native.frames, native.height, native.width, 3), np.uint8)


def _sample(model: Model) -> tuple[float, float]:
    """One sampling step, two passes for guidance; and what a sample takes beside its steps."""
    native, text = model.facts.native, model.encode_text([""])
    shots = [Shot(text, text, 0, native.height, native.width, native.frames, steps=steps, guidance=native.guidance) for steps in (2, 6)]
    few, more = (median(_seconds(lambda shot=shot: model.sample(shot, lambda: None))) for shot in shots)  # type: ignore[misc]
    step = max(0.0, more - few) / 4
    return step, max(0.0, few - 2 * step)


def train(model: Model, targets: tuple[str, ...], count: int, across: int = 1, repeats: int = 0) -> list[float]:
    """`count` clips, `across` times as wide and as high as the base's own."""
    latents = model.encode_clips(_blank(model, 1)).repeat(count, 1, 1, across, across)
    text = model.encode_text([""] * count)
    sigma = model.sigmas(torch.full((count,), 0.5)).to(model.device)
    layers = tuple(sorted(layer for layer in model.facts.layers if layer.endswith(targets)))
    stack = Stack([Adapter(layers, RANK, RANK, 0)], model.facts.layers, model.device)
    model.put_on(stack)
    adamw = torch.optim.AdamW(stack.rows, 1e-4, fused=True)

    def step() -> None:
        stack.gradients.zero_()
        model.loss(latents, text, sigma, torch.zeros_like(latents)).mean().backward()
        adamw.step()

    try:
        return _seconds(step, repeats)
    finally:
        model.take_off()
