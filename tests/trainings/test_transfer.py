"""Files on their way between the object store and a worker's machine."""

from pathlib import Path

import pytest

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


@pytest.mark.parametrize("left", [None, "adapter.safetensors"])
def test_a_checkpoint_that_the_engine_removes_meanwhile_is_none(
    real: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, left: str | None
) -> None:
    """Gone before it was listed, or while it was."""
    folder, training = tmp_path / "checkpoints" / "step-000004", real.training()
    if left:
        folder.mkdir(parents=True)
        (folder / left).write_text("some of it")
        listed = Path.rglob

        def removed(self: Path, pattern: str) -> list[Path]:
            found = list(listed(self, pattern))
            folder.rename(tmp_path / "gone")
            return found

        monkeypatch.setattr(Path, "rglob", removed)
    with pytest.raises(FileNotFoundError):
        transfer.keep_folder(training, 1, tmp_path, "checkpoints/step-000004")
    monkeypatch.undo()
