"""Jobs that together take more memory than there is go on one after the other, from where they stand."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.events import Event
from finetune.exits import OutOfMemory
from finetune.families.wan import Wan
from finetune.job import Job
from finetune.planning import budget
from finetune.planning.group import Limits
from finetune.running import device
from finetune.running.arrange import arrange
from finetune.running.resident import Resident
from finetune.running.run import run_many
from finetune.running.work import Work
from finetune.training import loop as training

Make = Callable[..., dict[str, Any]]
NAMES = ("trn_a", "trn_b")


@pytest.fixture
def works(job_dict: Make, tmp_path: Path) -> Callable[[str], tuple[list[Work], list[Event]]]:
    def make(folder: str) -> tuple[list[Work], list[Event]]:
        events: list[Event] = []
        knobs = {"steps": 4, "checkpoint_every": 2, "targets": ["attn1.to_q"]}
        jobs = [job_dict({"id": name, "seed": seed, "previews": []}, **knobs) for seed, name in enumerate(NAMES)]
        return [Work(Job.from_dict(job), tmp_path / folder / job["id"], events.append) for job in jobs], events

    return make


def go(works: list[Work], bases: Resident) -> dict[str, Exception]:
    failed: dict[str, Exception] = {}
    run_many(works, bases=bases, failed=lambda work, error: failed.update({work.job.id: error}))
    return failed


def manifests(works: list[Work]) -> list[dict[str, Any]]:
    return [json.loads((work.out / "manifest.json").read_text()) for work in works]


def digests(works: list[Work]) -> list[list[str]]:
    return [[file["tensor_digest"] for file in manifest["files"]] for manifest in manifests(works)]


def crowd(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    """No memory for two from this step on."""
    honest, drawn = training.Pass._losses, []

    def losses(self: training.Pass, *batch: torch.Tensor) -> torch.Tensor:
        drawn.append(len(self.seats))
        if len(self.seats) > 1 and len(drawn) >= step:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return honest(self, *batch)

    monkeypatch.setattr(training.Pass, "_losses", losses)


def test_before_the_first_checkpoint_each_starts_anew(works: Any, bases: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    alone = [group[0] for group in ([work] for work in works("alone")[0])]
    for work in alone:
        assert go([work], bases) == {}
    crowd(monkeypatch, 2)
    crowded, events = works("crowded")
    assert go(crowded, bases) == {}
    assert digests(crowded) == digests(alone)
    taken = [(each.job, each.facts["step"]) for each in events if each.event == "step"]
    assert taken == [("trn_a", 1), ("trn_b", 1), *(("trn_a", step) for step in range(1, 5)), *(("trn_b", step) for step in range(1, 5))]


def test_behind_a_checkpoint_each_goes_on_from_it(works: Any, bases: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    crowd(monkeypatch, 4)
    crowded, events = works("crowded")
    assert go(crowded, bases) == {}
    steps = {name: [each.facts["step"] for each in events if (each.job, each.event) == (name, "step")] for name in NAMES}
    assert steps == {name: [1, 2, 3, 3, 4] for name in NAMES}
    assert [manifest["shared_pass_with"] for manifest in manifests(crowded)] == [["trn_b"], ["trn_a"]]
    lines = (crowded[0].out / "metrics.jsonl").read_text().splitlines()
    assert [json.loads(line)["step"] for line in lines if '"step"' in line and json.loads(line)["event"] == "step"] == [1, 2, 3, 4]


def test_in_the_preflight_too(works: Any, bases: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = Wan.loss

    def greedy(self: Wan, latents: torch.Tensor, *rest: Any) -> torch.Tensor:
        if len(latents) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return honest(self, latents, *rest)

    monkeypatch.setattr(Wan, "loss", greedy)
    crowded, _ = works("crowded")
    assert go(crowded, bases) == {}
    assert [manifest["steps"] for manifest in manifests(crowded)] == [4, 4]


def test_what_does_not_fit_alone_fails_alone(works: Any, bases: Resident, monkeypatch: pytest.MonkeyPatch) -> None:
    def choose(plans: Any, *_: Any) -> budget.Way:
        if len(plans) > 1 or plans[0].job.id == "trn_b":
            raise OutOfMemory("This needs about 9 GB of memory and 1 GB are there.")
        return budget.WAYS["cpu"][0]

    monkeypatch.setattr(budget, "choose", choose)
    crowded, _ = works("crowded")
    failed = go(crowded, bases)
    assert list(failed) == ["trn_b"]
    assert isinstance(failed["trn_b"], OutOfMemory)
    assert manifests(crowded[:1])[0]["steps"] == 4


def test_the_memory_of_the_machine_says_who_shares_a_pass(works: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = works("out")
    assert [len(group) for group in arrange(made)] == [2]
    monkeypatch.setattr(device, "memory", lambda: budget.OVERHEAD + (20 << 20))
    assert [len(group) for group in arrange(made)] == [1, 1]
    assert [len(group) for group in arrange(made, Limits())] == [2]
