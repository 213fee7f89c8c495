"""Files on their way between the object store and a worker's machine."""

from pathlib import Path

import pytest

from atelier.kit import store
from atelier.trainings import transfer
from finetune.manifest import directory_digest
from tests.threads import together

from .real import Studio


@pytest.fixture
def machine(settings: object, tmp_path: Path) -> Path:
    settings.ENGINE_DIR = tmp_path  # type: ignore[attr-defined]
    return tmp_path


def test_two_workers_of_a_machine_fetch_a_base_once(real: Studio, machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fetched: list[str] = []
    fetch = transfer._fetch

    def counted(key: str, path: Path, sha256: str) -> None:
        fetched.append(key)
        fetch(key, path, sha256)

    monkeypatch.setattr(transfer, "_fetch", counted)
    version = real.world.version
    folders = together(*[lambda: transfer.fetch_base(version)] * 3)
    assert {directory_digest(folder) for folder in folders} == {version.digest}
    assert sorted(fetched) == sorted(file.key for file in version.files.all())


def test_what_a_dead_worker_left_of_a_base_is_fetched_anew(real: Studio, machine: Path) -> None:
    version = real.world.version
    left = machine / "bases" / f"{version.digest.removeprefix('sha256:')}.part"
    left.mkdir(parents=True)
    (left / "model_index.json").write_text("half")
    (left / "stranger").write_text("of another base")
    assert directory_digest(transfer.fetch_base(version)) == version.digest


def test_a_checkpoint_is_stored_however_far_the_engine_has_gone_and_those_long_behind_it_go(real: Studio, tmp_path: Path) -> None:
    training, shelf = real.training(), tmp_path / "checkpoints"
    for step in (2, 4, 6, 8, 10):
        (shelf / f"step-{step:06d}").mkdir(parents=True)
        (shelf / f"step-{step:06d}" / "adapter.safetensors").write_text(f"as of step {step}")
    left = []
    for step in (2, 4, 6):
        (file,) = transfer.keep_checkpoint(training, 1, tmp_path, f"checkpoints/step-{step:06d}")
        assert store.get_file(store.MODELS, file["key"], tmp_path / "again") == file["sha256"]
        left.append([int(each.name[5:]) for each in sorted(shelf.iterdir())])
    assert left == [[2, 4, 6, 8, 10], [2, 4, 6, 8, 10], [4, 6, 8, 10]]
