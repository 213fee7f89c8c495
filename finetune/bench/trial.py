"""Small whole runs on drawn clips, for those who measure."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from finetune import families
from finetune.data import store
from finetune.data.draw import draw
from finetune.data.seal import seal
from finetune.events import Event
from finetune.job import Base, Dataset, Job, Knobs
from finetune.manifest import directory_digest
from finetune.running.resident import Resident
from finetune.running.run import run


@contextmanager
def room() -> Iterator[Path]:
    """A folder with a cache of its own."""
    with tempfile.TemporaryDirectory() as folder, store.at(Path(folder) / "cache"):
        yield Path(folder)


def clips(folder: Path, count: int, seed: int, *, size: int = 96, seconds: float = 4.0) -> Dataset:
    """Drawn and sealed."""
    drawn = folder / f"clips-{seed}-{count}"
    draw(drawn, count=count, style="neon", seed=seed, size=size, seconds=seconds)
    return Dataset(str(drawn / "sealed"), seal(drawn, drawn / "sealed").root)


def job(base: Path, dataset: Dataset, name: str, knobs: Knobs) -> Job:
    return Job(name, families.of(base), Base(str(base), directory_digest(base)), dataset, knobs)


def seconds(folder: Path, wanted: Job, bases: Resident) -> dict[str, float]:
    """Of the phases of its run."""
    told: list[Event] = []
    run(wanted, folder / wanted.id, bases=bases, tell=told.append)
    found: dict[str, float] = told[-1].facts["seconds"]
    return found
