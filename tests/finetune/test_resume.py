"""A run that was stopped goes on as if it had not been."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.events import parse
from finetune.exits import STOPPED, Stopped

from .conftest import Ran


@pytest.mark.parametrize("step", [1, 4])
def test_a_stopped_run_ends_with_the_same_bits(
    step: int, ran: Ran, train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    metrics = out / "metrics.jsonl"

    def stopping() -> bool:
        return metrics.exists() and f'"step": {step}, "steps"' in metrics.read_text()

    with pytest.raises(Stopped) as stopped:
        train(job_dict(), out, stopping=stopping)
    assert stopped.value.exit == STOPPED
    assert f"step {step} of 6" in str(stopped.value)
    again = train(job_dict(), out, resume=True)
    assert [each["step"] for each in again.of("step")] == list(range(step + 1, 7))
    assert [file["tensor_digest"] for file in again.manifest["files"]] == [file["tensor_digest"] for file in ran.manifest["files"]]
    for fact in ("loss_first", "loss_last", "validation_before", "validation_after"):
        assert again.manifest[fact] == ran.manifest[fact]
    assert (out / again.manifest["previews"]["custom"][0]).read_bytes() == (ran.out / ran.manifest["previews"]["custom"][0]).read_bytes()


def test_steps_told_of_after_the_last_checkpoint_are_not_told_twice(
    train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    train(job_dict(top={"previews": []}), out)
    (out / "checkpoints" / "step-000006").rename(out / "checkpoints" / ".gone")
    train(job_dict(top={"previews": []}), out, resume=True)
    told = [parse(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert [each.facts["step"] for each in told if each.event == "step"] == [1, 2, 3, 4, 5, 6]


def test_a_checkpoint_of_another_job_is_not_used(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(job_dict(steps=3, top={"previews": []}), out)
    again = train(job_dict(steps=3, rank=2, top={"previews": []}), out, resume=True)
    assert [each["step"] for each in again.of("step")] == [1, 2, 3]
    assert [path.name for path in (out / "checkpoints").iterdir()] == ["step-000003"]


def test_without_resume_it_starts_anew(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(job_dict(steps=2, top={"previews": []}), out)
    assert len(train(job_dict(steps=2, top={"previews": []}), out).of("step")) == 2


def test_only_the_last_two_checkpoints_stay(train: Callable[..., Ran], job_dict: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(job_dict(steps=4, checkpoint_every=1, top={"previews": []}), out)
    assert sorted(path.name for path in (out / "checkpoints").iterdir()) == ["step-000003", "step-000004"]


def test_there_is_no_pickle_in_a_checkpoint(ran: Ran) -> None:
    suffixes = {path.suffix for path in (ran.out / "checkpoints").rglob("*") if path.is_file()}
    assert suffixes == {".safetensors", ".json"}
