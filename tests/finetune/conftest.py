"""A few drawn clips, sealed, and one short run on the tiny base that many tests look at."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from finetune.data.draw import draw
from finetune.data.seal import seal
from finetune.events import Event
from finetune.job import Job
from finetune.manifest import directory_digest
from finetune.running.resident import Resident
from finetune.running.run import run

BASE = Path(__file__).parents[2] / "finetune" / "bases" / "tiny"
KNOBS: dict[str, Any] = {
    "steps": 6,
    "rank": 4,
    "alpha": 8,
    "learning_rate": 2e-3,
    "batch_size": 2,
    "height": 32,
    "width": 32,
    "frames": 9,
    "fps": 4,
    "checkpoint_every": 3,
    "trigger": "neonstyle",
    "sampling_steps": 3,
}


@pytest.fixture(scope="session")
def tiny() -> Path:
    return BASE


@pytest.fixture(scope="session")
def tiny_digest() -> str:
    return directory_digest(BASE)


@pytest.fixture(scope="session")
def clips(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four drawn clips of three seconds with captions beside them."""
    folder = tmp_path_factory.mktemp("clips")
    draw(folder, count=4, style="neon", seed=1, size=64)
    return folder


@pytest.fixture(scope="session")
def dataset(clips: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sealed")
    seal(clips, folder)
    return folder


@pytest.fixture(scope="session")
def job_dict(tiny_digest: str, dataset: Path) -> Callable[..., dict[str, Any]]:
    """A good job as JSON; keyword arguments replace knobs, `top` replaces fields of the job itself."""

    def make(top: dict[str, Any] | None = None, **knobs: Any) -> dict[str, Any]:
        return {
            "version": 1,
            "id": "trn_test",
            "family": "wan",
            "base": {"path": str(BASE), "digest": tiny_digest},
            "dataset": {"path": str(dataset), "root": json.loads((dataset / "manifest.json").read_text())["root"]},
            "knobs": {**KNOBS, **knobs},
            "previews": [{"prompt": "neonstyle a red circle moving right on a dark background", "seed": 1}],
            "seed": 0,
            "metadata": {"title": "Neon", "author": "bob", "licence": "lic_1", "training": "trn_test"},
            **(top or {}),
        }

    return make


@pytest.fixture(scope="session")
def bases() -> Resident:
    return Resident()


@dataclass(frozen=True)
class Ran:
    out: Path
    events: list[Event]
    manifest: dict[str, Any]

    def of(self, name: str) -> list[dict[str, Any]]:
        return [event.facts for event in self.events if event.event == name]


@pytest.fixture(scope="session")
def train(bases: Resident) -> Callable[..., Ran]:
    """Runs a job in this process."""

    def go(job: dict[str, Any], out: Path, **options: Any) -> Ran:
        events: list[Event] = []
        path = run(Job.from_dict(job), out, bases=bases, tell=events.append, **options)
        return Ran(out, events, json.loads(path.read_text()))

    return go


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _cached(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FINETUNE_CACHE", str(cache))


@pytest.fixture(scope="session")
def ran(train: Callable[..., Ran], job_dict: Callable[..., dict[str, Any]], tmp_path_factory: pytest.TempPathFactory, cache: Path) -> Ran:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINETUNE_CACHE", str(cache))
        return train(job_dict(), tmp_path_factory.mktemp("run") / "out")
