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
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from finetune.bench import marks, runs, sides, speed
from finetune.bench.sides import Bench, Sizes
from finetune.exits import BadJob
from finetune.running import allocator

Rounds = list[tuple[float, float]]
QUICK = "left out by --quick"


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


def measure(base: Path, *, quick: bool, only: Sequence[str] = (), tell: Callable[[Arm], None] = lambda _: None) -> dict[str, Any]:
    """`only`: the parts of it to measure, all unless told. Each arm is told as it comes. Raises BadJob for a part that is none."""
    if strange := set(only) - set(PARTS):
        raise BadJob(f"bench has no part {', '.join(sorted(strange))}; it has {', '.join(PARTS)}.")
    allocator.keep_large_blocks()
    load = os.getloadavg()
    arms = []
    for arm in (arm for name in only or PARTS for arm in PARTS[name](base, quick)):
        tell(arm)
        arms.append(arm)
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
    """The processor's own time, or where a GPU works the clock's."""
    if torch.cuda.is_available():
        return speed.seconds(work)
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
            yield _left_out(name, "peft", target, QUICK)
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


def _lengths(base: Path, quick: bool) -> Iterator[Arm]:
    """What attention adds, on a clip of a length that the calibration did not look at."""
    measured, said = runs.longer(base)
    found = min(measured / said, said / measured)
    why = f"a step of one clip of 720 tokens took {measured:.3f} s, foretold {said:.3f} s, calibrated at 80 and 1,280 tokens"
    yield Arm("estimate of a longer clip", "its seconds", _short(found), 0.75, "higher", 1, "ok" if found >= 0.75 else "short", why)


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


def _efficiency(base: Path, quick: bool) -> Iterator[Arm]:
    """Of the operations a second that one large product of matrices reaches in the same process."""
    against = "the peak of a product of matrices"
    sizes = Sizes(8, frames=5, side=8)
    yield _reached(f"efficiency, 8 jobs together, {sizes.tokens} tokens, tiny", against, speed.share(Bench.tiny(base), sizes), 0.0)
    sizes = Sizes(1, frames=6, side=16)
    name = f"efficiency, one job, {sizes.tokens} tokens, 60 M"
    yield _left_out(name, against, 0.5, QUICK) if quick else _reached(name, against, speed.share(Bench.middle(base), sizes), 0.5)


def _reached(name: str, against: str, share: float, target: float) -> Arm:
    status = "ok" if share >= target else "short"
    return Arm(name, against, _short(share), target, "higher", speed.REPEATS, status, "operations counted as in `bench.speed`")


def _left_out(name: str, against: str, target: float, why: str) -> Arm:
    return Arm(name, against, None, target, "higher", 0, "skipped", why)


def _compiled(base: Path, quick: bool) -> Iterator[Arm]:
    """Each transformer block by `torch.compile`, as an engine that stays up could keep them."""
    for jobs, target in ((1, 1.5), (8, 2.7)):
        name = f"{'one job' if jobs == 1 else f'{jobs} jobs together'}, warm compiled engine, tiny"
        against = "a plain peft loop" if jobs == 1 else f"{jobs} sequential peft runs"
        yield _left_out(name, against, target, QUICK) if quick else _compiling(base, Sizes(jobs, frames=5, side=8), name, against, target)


def _compiling(base: Path, sizes: Sizes, name: str, against: str, target: float) -> Arm:
    try:
        found = speed.compiled(Bench.tiny(base), Bench.tiny(base), sizes, 15)
    except Exception as error:
        return _left_out(name, against, target, f"torch.compile: {type(error).__name__}")
    paid = "never pays" if found.worth is None else f"pays after {found.worth:.0f} steps"
    own = statistics.median(plain / compiled for _, plain, compiled in found.rounds)
    why = f"{own:.2f} times the same uncompiled; the first step takes {found.first:.0f} s, which {paid}"
    return _judged(name, against, [(theirs, compiled) for theirs, _, compiled in found.rounds], target, why)


def _on_a_gpu(base: Path, quick: bool) -> Iterator[Arm]:
    """Wan 1.3B's dimensions with random weights. A square of 80 latents a side stands for 480x832: 14,400 tokens for 14,040."""
    wide, short = "MFU, Wan 1.3B, 33 frames of 480x832", "8 jobs together, 48 tokens, Wan 1.3B"
    if quick or not torch.cuda.is_available():
        why = QUICK if quick else "needs a GPU"
        yield _left_out(wide, "peak bf16", 0.4, why)
        yield _left_out(short, "8 sequential peft runs", 1.5, why)
        return
    bench = Bench.large(base)
    yield _reached(wide, "peak bf16", speed.share(bench, Sizes(1, frames=9, side=80)), 0.4)
    yield _pass(bench, Sizes(8, frames=3, side=8), 10, 1.5, "Wan 1.3B")


PARTS: dict[str, Callable[[Path, bool], Iterator[Arm]]] = {
    "steps": _steps,
    "exactness": _exactness,
    "memory": _memory,
    "starts": _starts,
    "caches": _caches,
    "estimates": _intervals,
    "lengths": _lengths,
    "efficiency": _efficiency,
    "compiled": _compiled,
    "gpu": _on_a_gpu,
    "fingerprints": _marks,
}


def row(arm: Arm) -> str:
    ratio = "-" if arm.ratio is None else f"{arm.ratio:.3g}"
    return f"{arm.status:8} {ratio:>9}  (target {arm.target:g}, {arm.better}, n {arm.n})  {arm.name} against {arm.against}"
