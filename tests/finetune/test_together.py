"""Several jobs in one pass, from their files to their manifests."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.disk.weights import load
from finetune.events import Event
from finetune.exits import BadData, Stopped
from finetune.job import Job
from finetune.running.arrange import arrange
from finetune.running.resident import Resident
from finetune.running.run import run_many
from finetune.running.work import Work
from finetune.training import loop as training

Make = Callable[..., dict[str, Any]]


@dataclass
class Group:
    works: list[Work]
    events: list[Event] = field(default_factory=list)
    failed: dict[str, Exception] = field(default_factory=dict)

    def manifest(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.out(name) / "manifest.json").read_text())
        return found

    def out(self, name: str) -> Path:
        return next(work.out for work in self.works if work.job.id == name)

    def told(self, name: str, event: str) -> list[dict[str, Any]]:
        return [each.facts for each in self.events if (each.job, each.event) == (name, event)]

    def digests(self, name: str) -> list[str]:
        return [file["tensor_digest"] for file in self.manifest(name)["files"]]


@pytest.fixture
def go(job_dict: Make, bases: Resident, tmp_path: Path) -> Callable[..., Group]:
    """Runs jobs, given as name to knobs, in one pass."""

    def run(jobs: dict[str, dict[str, Any]], folder: str = "out", stop: str | None = None, at: int = 0, resume: bool = False) -> Group:
        group = Group([])
        for seed, (name, knobs) in enumerate(jobs.items()):
            job = Job.from_dict(job_dict({"id": name, "seed": seed, "previews": []}, **knobs))
            group.works.append(Work(job, tmp_path / folder / name, group.events.append, resume=resume))
        for work in group.works:
            if stop in (work.job.id, "*"):
                work.stopping = lambda work=work: work.progress.step >= at  # type: ignore[misc]
        (together,) = arrange(group.works)
        run_many(together, bases=bases, failed=lambda work, error: group.failed.update({work.job.id: error}))
        return group

    return run


def test_each_ends_where_it_would_have_ended_alone(go: Callable[..., Group]) -> None:
    both = go({"trn_a": {"steps": 4}, "trn_b": {"steps": 4, "rank": 2, "alpha": 2}})
    alone = go({"trn_a": {"steps": 4}}, "alone")
    assert both.failed == {}
    name = "models/diffusers/trn_a.safetensors"
    one, other = load(both.out("trn_a") / name), load(alone.out("trn_a") / name)
    for key, tensor in other.items():
        torch.testing.assert_close(one[key], tensor, rtol=1e-2, atol=1e-4)
    assert both.manifest("trn_a")["loss_first"] == pytest.approx(alone.manifest("trn_a")["loss_first"], rel=1e-5)
    shapes = {tensor.shape[0] for key, tensor in load(both.out("trn_b") / "models/diffusers/trn_b.safetensors").items() if "lora_A" in key}
    assert shapes == {2}


def test_the_manifest_names_who_shared_the_pass(go: Callable[..., Group]) -> None:
    group = go({name: {"steps": 1} for name in ("trn_a", "trn_b", "trn_c")})
    assert group.manifest("trn_b")["shared_pass_with"] == ["trn_a", "trn_c"]


def test_one_that_is_done_leaves_and_the_other_goes_on(go: Callable[..., Group]) -> None:
    group = go({"trn_short": {"steps": 2}, "trn_long": {"steps": 4}})
    assert [each["step"] for each in group.told("trn_long", "step")] == [1, 2, 3, 4]
    assert group.manifest("trn_short")["steps"] == 2
    done = [(each.job, each.event) for each in group.events if each.event in ("step", "done")]
    assert done.index(("trn_short", "done")) == 4


def test_one_that_is_stopped_keeps_its_checkpoint_and_the_other_is_done(go: Callable[..., Group]) -> None:
    group = go({"trn_a": {}, "trn_b": {}}, stop="trn_a", at=2)
    assert isinstance(group.failed["trn_a"], Stopped)
    assert [each["step"] for each in group.told("trn_a", "checkpoint")] == [2]
    assert group.manifest("trn_b")["steps"] == 6


def test_an_unchanged_group_resumes_to_the_same_bits(go: Callable[..., Group]) -> None:
    jobs = {"trn_a": {"rank": 2, "steps": 8}, "trn_b": {}}
    whole = go(jobs, "whole")
    go(jobs, "halted", stop="*", at=4)
    again = go(jobs, "halted", resume=True)
    assert again.failed == {}
    assert [each["step"] for each in again.told("trn_a", "step")] == [5, 6, 7, 8]
    for name in jobs:
        assert again.digests(name) == whole.digests(name)


def test_jobs_that_stand_at_different_steps_meet_at_the_last_they_share(go: Callable[..., Group]) -> None:
    jobs: dict[str, dict[str, Any]] = {"trn_a": {}, "trn_b": {}}
    whole = go(jobs, "whole")
    stopped = go(jobs, "halted", stop="*", at=4)
    (stopped.out("trn_b") / "checkpoints/step-000004").rename(stopped.out("trn_b") / ".lost")
    again = go(jobs, "halted", resume=True)
    for name in jobs:
        assert [each["step"] for each in again.told(name, "step")] == [4, 5, 6]
        assert again.digests(name) == whole.digests(name)


def test_a_loss_that_is_no_number_ends_one_job_alone(go: Callable[..., Group], monkeypatch: pytest.MonkeyPatch) -> None:
    honest = training.draw

    def broken(*arguments: Any) -> list[torch.Tensor]:
        ill = arguments[-2:] == (1, 2)
        return [tensor * float("inf") if ill and tensor.is_floating_point() else tensor for tensor in honest(*arguments)]

    monkeypatch.setattr(training, "draw", broken)
    group = go({"trn_well": {}, "trn_ill": {"checkpoint_every": 1}})
    assert isinstance(group.failed["trn_ill"], BadData)
    assert set(group.failed) == {"trn_ill"}
    assert group.manifest("trn_well")["steps"] == 6
    assert sorted(path.name for path in (group.out("trn_ill") / "checkpoints").iterdir()) == ["step-000001", "step-000002"]


def test_what_cannot_be_planned_goes_alone(job_dict: Make, tmp_path: Path) -> None:
    jobs = [job_dict({"id": "a"}), job_dict({"id": "b"}, frames=81, fps=16), job_dict({"id": "c"})]
    works = [Work(Job.from_dict(job), tmp_path, lambda _: None) for job in jobs]
    assert sorted([work.job.id for work in group] for group in arrange(works)) == [["a", "c"], ["b"]]
