"""Measuring a machine for `estimate`, with short runs on one base."""

import platform
import resource
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np
import torch

from finetune import families
from finetune.estimate import Calibration
from finetune.families.model import Model, Shot
from finetune.lora import Adapter, Stack
from finetune.manifest import directory_digest

REPEATS = 9
RANK = 16
LARGE = 16


def measure(base: Path, family: str = "wan") -> Calibration:
    """Steps of one clip and of four tell what a step costs and what a token in it adds."""
    began = _clock()
    directory_digest(base)
    model = families.load(family, str(base))
    load = _clock() - began
    native = model.facts.native
    tokens = families.layout(family).tokens(model.facts, height=native.height, width=native.width, frames=native.frames)
    encode, sample = _encode(model), _sample(model)
    one = _train(model, 1)
    small = _peak()
    four = _train(model, 4)
    _train(model, LARGE, repeats=1)
    step_token = max(0.0, (median(four) - median(one)) / (3 * tokens))
    return Calibration(
        machine=f"{platform.machine()}, {torch.get_num_threads()} threads, torch {torch.__version__}, {model.device}",
        parameters=model.facts.parameters,
        tokens=tokens,
        load=round(load, 3),
        encode_window=round(median(encode), 5),
        step=round(max(0.0, median(one) - step_token * tokens), 6),
        step_token=round(step_token, 9),
        sample_step=round(median(sample) / 2, 6),
        sample_token=round(median(sample) / 2 / tokens, 9),
        finish=round(load, 3),
        memory_base=small,
        memory_token=round((_peak() - small) / ((LARGE - 1) * tokens)),
        low=round(0.6 * min(four) / median(four), 3),
        high=round(1.6 * max(four) / median(four), 3),
    )


def _clock() -> float:
    """With a single thread the processor's own time: what else the machine does then does not count."""
    return time.process_time() if torch.get_num_threads() == 1 and not torch.cuda.is_available() else time.perf_counter()


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
        began = _clock()
        work()
        found.append(_clock() - began)
    return found


def _encode(model: Model) -> list[float]:
    native = model.facts.native
    frames = np.zeros((1, native.frames, native.height, native.width, 3), np.uint8)
    return _seconds(lambda: model.encode_clips(frames))


def _sample(model: Model) -> list[float]:
    """One sampling step: two passes, for guidance."""
    native, text = model.facts.native, model.encode_text([""])
    shot = Shot(text, text, 0, native.height, native.width, native.frames, steps=4, guidance=native.guidance)
    return [seconds / 4 for seconds in _seconds(lambda: model.sample(shot, lambda: None))]


def _train(model: Model, count: int, repeats: int = 0) -> list[float]:
    native = model.facts.native
    latents = model.encode_clips(np.zeros((count, native.frames, native.height, native.width, 3), np.uint8))
    text = model.encode_text([""] * count)
    sigma = model.sigmas(torch.full((count,), 0.5)).to(model.device)
    targets = families.layout("wan").targets
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
