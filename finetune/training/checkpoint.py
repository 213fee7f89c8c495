"""A checkpoint is a directory of safetensors and JSON that takes its name only when it is whole."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from finetune.disk import files, weights
from finetune.planning.house import House
from finetune.training.loop import Pass

KEPT = 2


@dataclass
class Progress:
    """What a run knows so far and must not forget: facts for the manifest, and where it stands.

    `step` is cursor and random state in one: every draw of step n is made from (seed, n).
    """

    job: str
    step: int = 0
    loss_first: float | None = None
    loss_last: float | None = None
    validation: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    shared_pass_with: list[str] = field(default_factory=list)


def save(out: Path, progress: Progress, training: Pass, seat: int, *, forget: bool = True) -> Path:
    """Returns `checkpoints/step-000020`, relative to `out`. With `forget` older ones beyond the last two are removed."""
    path = out / "checkpoints" / f"step-{progress.step:06d}"

    def fill(draft: Path) -> None:
        weights.save(draft / "adapter.safetensors", training.stack.read(seat))
        weights.save(draft / "optimiser.safetensors", training.memory(seat))
        files.write_text(draft / "progress.json", json.dumps(asdict(progress), indent=1) + "\n")

    files.write_directory(path, fill)
    for old in sorted(path.parent.glob("step-*"))[:-KEPT] if forget else ():
        files.remove_directory(old)
    return path.relative_to(out)


def found(out: Path, job: str) -> dict[int, Path]:
    """The checkpoints of the job with this digest, by step."""
    known = {path: load(path) for path in (out / "checkpoints").glob("step-*")}
    return {progress.step: path for path, progress in known.items() if progress.job == job}


def load(path: Path) -> Progress:
    return Progress(**json.loads((path / "progress.json").read_text(encoding="utf-8")))


def clear(out: Path) -> None:
    """A run that starts anew leaves none of another run's checkpoints among its own."""
    shutil.rmtree(out / "checkpoints", ignore_errors=True)


def begin(adapters: Mapping[str, House], training: Pass, seat: int) -> None:
    """From the adapter that an earlier run exported, with an optimiser that remembers nothing."""
    tensors = {}
    for part, file in adapters.items():
        kept, prefix = weights.load(file.path), f"{part}." if part else ""
        for layer, low in file.lows.items():
            tensors[f"{prefix}{layer}.lora_A.weight"], tensors[f"{prefix}{layer}.lora_B.weight"] = kept[low.a], kept[low.b]
    training.stack.write(seat, tensors)


def restore(path: Path, training: Pass, seat: int) -> None:
    training.stack.write(seat, weights.load(path / "adapter.safetensors"))
    training.remember(seat, weights.load(path / "optimiser.safetensors"))
