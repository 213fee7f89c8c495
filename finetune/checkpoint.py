"""A checkpoint is a directory of safetensors and JSON that takes its name only when it is whole."""

import json
import shutil
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch

from finetune import files, optimiser_state, weights

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


def save(out: Path, progress: Progress, parameters: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer) -> Path:
    """Returns `checkpoints/step-000020`, relative to `out`; older ones beyond the last two are removed."""
    path = out / "checkpoints" / f"step-{progress.step:06d}"

    def fill(draft: Path) -> None:
        weights.save(draft / "adapter.safetensors", dict(parameters))
        weights.save(draft / "optimiser.safetensors", optimiser_state.take(optimiser, list(parameters)))
        files.write_text(draft / "progress.json", json.dumps(asdict(progress), indent=1) + "\n")

    files.write_directory(path, fill)
    for old in sorted(path.parent.glob("step-*"))[:-KEPT]:
        shutil.rmtree(old)
    return path.relative_to(out)


def latest(out: Path, job: str) -> tuple[Path, Progress] | None:
    """The newest checkpoint of the job with this digest, if there is one."""
    for path in sorted((out / "checkpoints").glob("step-*"), reverse=True):
        progress = Progress(**json.loads((path / "progress.json").read_text(encoding="utf-8")))
        if progress.job == job:
            return path, progress
    return None


def clear(out: Path) -> None:
    """A run that starts anew leaves none of another run's checkpoints among its own."""
    shutil.rmtree(out / "checkpoints", ignore_errors=True)


def restore(path: Path, parameters: dict[str, torch.nn.Parameter], optimiser: torch.optim.Optimizer) -> None:
    adapter = weights.load(path / "adapter.safetensors")
    for name, parameter in parameters.items():
        parameter.data.copy_(adapter[name])
    optimiser_state.give(optimiser, list(parameters), weights.load(path / "optimiser.safetensors"))
