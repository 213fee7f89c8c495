"""A job may train on from the result of an earlier run, and only where the two fit."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from finetune.cli import main
from finetune.exits import BAD_JOB, BadJob, Stopped
from finetune.job import Frozen, Job
from finetune.manifest import digest, file_sha256
from finetune.planning.plan import prepare

from .conftest import Ran

Make = Callable[..., dict[str, Any]]
FILE = "models/diffusers/trn_test.safetensors"


def named(path: Path) -> dict[str, str]:
    return {"path": str(path), "digest": f"sha256:{file_sha256(path)}"}


@pytest.fixture(scope="module")
def made(ran: Ran, job_dict: Make) -> Make:
    """A job that goes on from the short run's result."""
    return lambda top=None, **knobs: job_dict({"from_adapter": named(ran.out / FILE), "id": "trn_on", **(top or {})}, **knobs)


def test_a_job_without_one_keeps_the_digest_it_always_had(job_dict: Make, made: Make) -> None:
    plain, job = Job.from_dict(job_dict()), Job.from_dict(made())
    assert "from_adapter" not in plain.to_dict()
    assert Job.from_dict(job.to_dict()) == job
    assert job.from_adapter is not None
    assert replace(job, from_adapter=Frozen("/elsewhere", job.from_adapter.digest)).digest == job.digest
    assert replace(job, from_adapter=None).digest != job.digest


def test_it_begins_where_the_other_ended(made: Make, ran: Ran, train: Callable[..., Ran], tmp_path: Path) -> None:
    """With a learning rate of next to nothing the result is the file it began from; the bare base is still what it is compared with."""
    on = train(made({"previews": []}, steps=1, learning_rate=1e-8), tmp_path / "out")
    before, after = load_file(ran.out / FILE), load_file(on.out / "models/diffusers/trn_on.safetensors")
    assert all(torch.allclose(before[name], after[name], atol=1e-6) for name in before)
    assert on.manifest["from_adapter"] == named(ran.out / FILE)["digest"]
    assert on.manifest["validation_before"] == ran.manifest["validation_before"]
    assert on.manifest["validation_after"] == pytest.approx(ran.manifest["validation_after"], abs=1e-5)
    with safe_open(on.out / "models/diffusers/trn_on.safetensors", "pt") as file:
        assert file.metadata()["finetune.from_adapter"] == on.manifest["from_adapter"]
    assert f"| trained on from | `{on.manifest['from_adapter']}` |" in (on.out / "models/README.md").read_text()
    assert "from_adapter" not in ran.manifest


def test_a_resumed_run_goes_on_from_its_checkpoint_and_not_from_there(made: Make, train: Callable[..., Ran], tmp_path: Path) -> None:
    job = made({"previews": []}, steps=2, checkpoint_every=1)
    whole = train(job, tmp_path / "whole")
    metrics = tmp_path / "halves/metrics.jsonl"
    with pytest.raises(Stopped):
        train(job, tmp_path / "halves", stopping=lambda: metrics.exists() and "seconds_per_step" in metrics.read_text())
    halves = train(job, tmp_path / "halves", resume=True)
    digests = [[file["tensor_digest"] for file in each.manifest["files"]] for each in (whole, halves)]
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"rank": 8}, r"knobs\.rank is 8, and trn_test\.safetensors has 4; from_adapter needs the same"),
        ({"alpha": 4}, r"knobs\.alpha is 4, and trn_test\.safetensors has 8; from_adapter needs the same"),
        ({"targets": ["attn1.to_q"]}, r"knobs\.targets: blocks\.0\.attn1\.to_k is what trn_test\.safetensors has besides"),
    ],
)
def test_knobs_that_do_not_fit_it_are_named(knobs: dict[str, Any], says: str, made: Make) -> None:
    with pytest.raises(BadJob, match=says) as refused:
        prepare(Job.from_dict(made(**knobs)))
    assert refused.value.exit == BAD_JOB


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({"finetune.base_digest": digest(b"other")}, "was trained on sha256:.*; training goes on only from an adapter of this very base"),
        ({"finetune.base_digest": None}, "does not say which base it was trained on"),
        ({"finetune.house_adapter": digest(b"house")}, r"was trained over other house adapters; name the same in base\.adapter"),
    ],
)
def test_an_adapter_of_something_else_is_refused(about: dict[str, str | None], says: str, made: Make, ran: Ran, tmp_path: Path) -> None:
    with safe_open(ran.out / FILE, "pt") as file:
        told = {**file.metadata(), **about}
    save_file(load_file(ran.out / FILE), tmp_path / "a.safetensors", {key: value for key, value in told.items() if value is not None})
    with pytest.raises(BadJob, match=rf"from_adapter\.path: a\.safetensors {says}"):
        prepare(Job.from_dict(made({"from_adapter": named(tmp_path / "a.safetensors")})))


def test_an_altered_file_is_refused(made: Make, ran: Ran) -> None:
    with pytest.raises(BadJob, match=r"from_adapter\.digest is not that of trn_test\.safetensors"):
        prepare(Job.from_dict(made({"from_adapter": {**named(ran.out / FILE), "digest": digest(b"")}})))


def test_a_second_one_is_for_a_base_with_two_transformers(made: Make, ran: Ran) -> None:
    with pytest.raises(BadJob, match="from_adapter_2 is for a base with two transformers"):
        prepare(Job.from_dict(made({"from_adapter_2": named(ran.out / FILE)})))


def test_the_shell_writes_a_job_that_goes_on(ran: Ran, clips: Path, tmp_path: Path) -> None:
    assert main(["job", str(clips), "--trigger", "neonstyle", "--from-adapter", str(ran.out / FILE), "-o", str(tmp_path / "on.json")]) == 0
    job = json.loads((tmp_path / "on.json").read_text())
    assert job["from_adapter"] == named(ran.out / FILE)
    assert (job["knobs"]["rank"], job["knobs"]["alpha"]) == (4, 8)
    assert main(["check", str(tmp_path / "on.json")]) == 0
