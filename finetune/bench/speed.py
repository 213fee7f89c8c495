"""How near a step comes to what the machine can do, and what compiling its blocks saves: operations counted, seconds measured."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

import torch

from finetune.bench import clock
from finetune.bench.sides import RANK, Bench, Sizes
from finetune.training.frozen import product

EDGE = {"cpu": 1536, "cuda": 8192}
REPEATS = 7
WARM = 3


def operations(bench: Bench, sizes: Sizes) -> float:
    """Floating-point operations of a step of all jobs, a multiplication and an addition counted as two.

    A frozen linear layer takes 4 for each weight and token, forward and for its input's gradient; one that reads the text 2, since the
    text needs no gradient. An adapter takes 6, attention 12 for each pair of tokens and unit of width. Recomputed ones do not count.
    """
    config, text = bench.wan.pipeline.transformer.config, bench.wan.facts.native.max_sequence_length
    width, tokens, count = config.num_attention_heads * config.attention_head_dim, sizes.tokens, 0.0
    for name, (out, into) in bench.shapes.items():
        reads = name.endswith(("attn2.to_k", "attn2.to_v"))
        count += (text if reads else tokens) * ((2 if reads else 4) * out * into + 6 * RANK * (out + into))
    attention = 12 * width * config.num_layers * (tokens**2 + tokens * text)
    return sizes.jobs * (count + attention)


def peak(device: str, kind: torch.dtype) -> float:
    """Operations a second of one large product of matrices, as training multiplies: what the machine does with nothing else in the way."""
    edge = EDGE[device]
    one, other = (torch.randn(edge, edge, device=device, dtype=kind) for _ in range(2))
    return 2 * edge**3 / min(_times(lambda: product(one, other), REPEATS))


def share(bench: Bench, sizes: Sizes) -> float:
    """Of the peak measured just before, how much a step's operations come to."""
    kind = bench.wan.pipeline.transformer.dtype
    most = peak(bench.wan.device.type, kind)
    taken = median(_times(bench.ours(sizes), REPEATS))
    bench.clear()
    return operations(bench, sizes) / taken / most


@dataclass(frozen=True)
class Compiled:
    """Seconds of compiling by the clock on the wall, and of a step, as peft has it, as it is, and compiled."""

    first: float
    rounds: list[tuple[float, float, float]]

    @property
    def worth(self) -> float | None:
        """The steps after which compiling has paid for itself; None: never."""
        saved = median(plain - compiled for _, plain, compiled in self.rounds)
        return self.first / saved if saved > 0 else None


def compiled(bench: Bench, again: Bench, sizes: Sizes, rounds: int) -> Compiled:
    """`again`: the same base once more, whose blocks are compiled."""
    theirs, plain, ours = bench.plain(sizes), bench.ours(sizes), again.ours(sizes)
    for block in again.wan.pipeline.transformer.blocks:
        block.compile(dynamic=False)
    began = time.perf_counter()
    ours()
    first = time.perf_counter() - began
    found = [(seconds(theirs), seconds(plain), seconds(ours)) for _ in range(rounds + WARM)][WARM:]
    bench.clear()
    again.clear()
    return Compiled(first, found)


def _times(work: Callable[[], object], repeats: int) -> list[float]:
    for _ in range(WARM):
        work()
    return [seconds(work) for _ in range(repeats)]


def seconds(work: Callable[[], object]) -> float:
    _settle()
    began = clock.now()
    work()
    _settle()
    return clock.now() - began


def _settle() -> None:
    if torch.cuda.is_available():
        torch.cuda.synchronize()
