"""What this engine gains, measured beside what its user would otherwise run: every ratio from rounds that alternate in one process.

The plain arm is peft as its documentation shows it (`inject_adapter_in_model`, `LoraConfig`, AdamW), tuned as a user would: latents
and text encoded once, the text at the base's own length, one thread. Steps are counted in the process's own time.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from finetune import allocator
from finetune.bench import marks, runs, sides
from finetune.bench.sides import Bench, Sizes

Rounds = list[tuple[float, float]]


@dataclass(frozen=True)
class Arm:
    """`ratio`: how many times cheaper than `against`, or with better = lower what share of it. `low` and `high`: its spread over rounds."""

    name: str
    against: str
    ratio: float | None
    target: float
    better: str
    n: int
    status: str
    why: str
    low: float | None = None
    high: float | None = None


def measure(base: Path, *, quick: bool) -> dict[str, Any]:
    allocator.keep_large_blocks()
    load = os.getloadavg()
    arms = [arm for part in (_steps, _exactness, _memory, _starts, _caches, _intervals, _marks, _not_yet) for arm in part(base, quick)]
    machine = {
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "load_before": load,
        "load_after": os.getloadavg(),
    }
    return {"machine": machine, "arms": [asdict(arm) for arm in arms]}


def _judged(name: str, against: str, rounds: Rounds, target: float, why: str = "") -> Arm:
    """`rounds`: (plain, ours), each in seconds for the same work."""
    ratios = [plain / ours for plain, ours in rounds]
    ratio = statistics.median(ratios)
    status = "ok" if ratio >= target else "short"
    return Arm(name, against, _short(ratio), target, "higher", len(ratios), status, why, _short(min(ratios)), _short(max(ratios)))


def _short(number: float) -> float:
    return float(f"{number:.3g}")


def interleaved(plain: Callable[[], object], ours: Callable[[], object], rounds: int) -> Rounds:
    """One round to warm up, then `rounds` that count."""
    return [(_seconds(plain), _seconds(ours)) for _ in range(rounds + 1)][1:]


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _steps(base: Path, quick: bool) -> Iterator[Arm]:
    tiny = Bench.tiny(base)
    rounds = 8 if quick else 30
    for jobs, target in ((1, 1.10), (8, 2.2)):
        yield _pass(tiny, Sizes(jobs, frames=5, side=8), rounds, target, "tiny")
    yield _judged("one job, 40 steps, whole", "a loop that encodes at every step", _whole(tiny, 3 if quick else 7), 3.5)
    if quick:
        for name, target in (
            ("one job, 384 tokens, 60 M", 1.0),
            ("8 jobs together, 48 tokens, 60 M", 1.7),
            ("4 jobs, 384 tokens, 60 M", 1.05),
        ):
            yield Arm(name, "peft", None, target, "higher", 0, "skipped", "left out by --quick")
        return
    middle = Bench.middle(base)
    yield _pass(middle, Sizes(1, frames=6, side=16), 5, 1.0, "60 M")
    yield _pass(middle, Sizes(8, frames=3, side=8), 5, 1.7, "60 M")
    yield _pass(middle, Sizes(4, frames=6, side=16), 3, 1.05, "60 M")


def _pass(bench: Bench, sizes: Sizes, rounds: int, target: float, model: str) -> Arm:
    """One step of every job: by peft one after the other, by us in as many passes as the grouping rule makes of them."""
    plain, ours, width = bench.plain(sizes), bench.ours(sizes), bench.width(sizes)
    found = interleaved(plain, ours, rounds)
    name = f"{'one job' if sizes.jobs == 1 else f'{sizes.jobs} jobs together'}, {sizes.tokens} tokens, {model}"
    against = "a plain peft loop" if sizes.jobs == 1 else f"{sizes.jobs} sequential peft runs"
    bench.clear()
    return _judged(name, against, found, target, f"width {width}")


def _whole(bench: Bench, rounds: int) -> Rounds:
    return interleaved(lambda: bench.naive_run(40), lambda: bench.whole_run(40), rounds)


def _exactness(base: Path, _quick: bool) -> Iterator[Arm]:
    for kind, target in ((torch.float64, 1e-9), (torch.float32, 1e-2)):
        apart = sides.exactness(base, kind, steps=50)
        name = f"exactness of BA after 50 steps, 2 jobs together, {str(kind).removeprefix('torch.')}"
        why = "relative distance by Frobenius norm"
        yield Arm(name, "peft alone", apart, target, "lower", 1, "ok" if apart <= target else "short", why)


def _lower(name: str, against: str, shares: list[float], target: float, why: str) -> Arm:
    """`shares`: of what `against` takes, one a round."""
    share = statistics.median(shares)
    status = "ok" if share <= target else "short"
    return Arm(name, against, _short(share), target, "lower", len(shares), status, why, _short(min(shares)), _short(max(shares)))


def _memory(base: Path, quick: bool) -> Iterator[Arm]:
    shares = [_peak(base, "ours", 8) / (8 * _peak(base, "peft", 1)) for _ in range(1 if quick else 3)]
    why = "largest resident size, each in a process of its own"
    yield _lower("memory, 8 jobs together, tiny", "8 processes", shares, 0.30, why)


def _peak(base: Path, which: str, jobs: int) -> int:
    command = [sys.executable, "-m", "finetune.bench.sides", which, str(jobs), str(base)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def _starts(base: Path, quick: bool) -> Iterator[Arm]:
    shares = [sides.second_start(base) for _ in range(1 if quick else 3)]
    why = "time to the first step: from starting the engine, and from a second order; each encodes clips of its own"
    yield _lower("warm second job", "cold first job", shares, 0.25, why)


def _caches(base: Path, quick: bool) -> Iterator[Arm]:
    shares = [runs.second_encode(base, seed) for seed in range(1 if quick else 3)]
    why = "seconds of the phase `encode`, 12 clips; the second job has another rank"
    yield _lower("encoding, second run on the same clips", "the first", shares, 0.1, why)


def _intervals(base: Path, quick: bool) -> Iterator[Arm]:
    """Calibrated on the spot, as a worker is."""
    found = runs.foretold(base, 4 if quick else 10)
    share = sum(each.held for each in found) / len(found)
    times = [each.seconds / each.estimate.seconds for each in found]
    least, most = (getattr(found[0].estimate, name) / found[0].estimate.seconds for name in ("seconds_low", "seconds_high"))
    why = f"took {min(times):.2f} to {max(times):.2f} times the estimate, whose interval goes from {least:.2f} to {most:.2f} times it"
    status = "ok" if share >= 0.9 else "short"
    yield Arm(
        "estimates whose interval held", "the seconds of small jobs of all kinds", _short(share), 0.9, "higher", len(found), status, why
    )


def _marks(base: Path, quick: bool) -> Iterator[Arm]:
    """Each on one adapter that was really trained."""
    yield from _marked("tiny", Bench.tiny(base), 40 if quick else 150)
    if not quick:
        yield from _marked("60 M", Bench.middle(base), 60)


def _marked(model: str, bench: Bench, steps: int) -> Iterator[Arm]:
    taught = marks.Taught(bench, steps)
    cost, why = _short(taught.cost()), f"{steps} steps; change of the held-out loss, as a share of what training changed"
    status = "ok" if cost <= marks.COST else "short"
    yield Arm(f"what a fingerprint costs, {model}", "the training", cost, marks.COST, "lower", marks.COPIES_LOOKED_AT, status, why)
    for found in taught.found():
        score, why = _short(found.guilty), f"the highest of {len(marks.COPIES)} innocent copies is {found.innocent:.1f}"
        status = "ok" if score >= marks.GOAL and found.innocent < marks.GOAL else "short"
        yield Arm(f"fingerprint after: {found.attack}, {model}", "goal", score, marks.GOAL, "higher", 1, status, why)


def _not_yet(_base: Path, _quick: bool) -> Iterator[Arm]:
    why = "blocks are not compiled yet"
    yield Arm("one job, warm compiled engine, tiny", "a plain peft loop", None, 1.5, "higher", 0, "skipped", why)
    yield Arm("8 jobs together, warm compiled engine, tiny", "8 sequential peft runs", None, 2.7, "higher", 0, "skipped", why)
    why = "needs a GPU" if not torch.cuda.is_available() else "not written yet"
    yield Arm("MFU, Wan 1.3B, 33x480x832", "peak bf16", None, 0.4, "higher", 0, "skipped", why)


def table(found: dict[str, Any]) -> str:
    lines = []
    for arm in found["arms"]:
        ratio = "-" if arm["ratio"] is None else f"{arm['ratio']:.3g}"
        aim = f"(target {arm['target']:g}, {arm['better']}, n {arm['n']})"
        lines.append(f"{arm['status']:8} {ratio:>9}  {aim}  {arm['name']} against {arm['against']}")
    return "\n".join(lines)
