"""The job file: what it says, and the sentence for each way of getting it wrong."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from finetune.exits import BAD_JOB, BadJob
from finetune.job import Job

Make = Callable[..., dict[str, Any]]


def test_a_job_survives_the_way_through_json(job_dict: Make, tmp_path: Path) -> None:
    job = Job.from_dict(job_dict(targets=["attn1.to_q"]))
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job.to_dict()))
    assert Job.load(path) == job


def test_the_digest_names_the_work_and_not_the_place(job_dict: Make) -> None:
    job, moved = job_dict(), job_dict()
    moved["base"] = {**moved["base"], "path": "/elsewhere"}
    moved["dataset"] = {**moved["dataset"], "path": "/elsewhere"}
    assert Job.from_dict(job).digest == Job.from_dict(moved).digest
    assert Job.from_dict(job).digest != Job.from_dict(job_dict(rank=5)).digest


@pytest.mark.parametrize(
    ("knobs", "says"),
    [
        ({"steps": 0}, "knobs.steps must be a whole number from 1"),
        ({"steps": 2.5}, "knobs.steps must be a whole number"),
        ({"steps": True}, "knobs.steps"),
        ({"rank": 100_000}, "knobs.rank"),
        ({"learning_rate": float("nan")}, "knobs.learning_rate must be a number"),
        ({"learning_rate": "fast"}, "knobs.learning_rate"),
        ({"frames": 8}, "knobs.frames is 8; the video VAE takes 1, 5, 9"),
        ({"targets": []}, "knobs.targets"),
        ({"targets": "attn1.to_q"}, "knobs.targets"),
        ({"caption_dropout": 1.5}, "knobs.caption_dropout"),
        ({"trigger": "x" * 100}, "knobs.trigger"),
        ({"stepz": 5}, "unknown field 'stepz'"),
    ],
)
def test_a_bad_knob_is_named(knobs: dict[str, Any], says: str, job_dict: Make) -> None:
    with pytest.raises(BadJob, match=says) as refused:
        Job.from_dict(job_dict(**knobs))
    assert refused.value.exit == BAD_JOB


@pytest.mark.parametrize(
    ("top", "says"),
    [
        ({"version": 2}, "version is 2"),
        ({"family": "sdxl"}, "family 'sdxl' is unknown; choose one of: wan"),
        ({"id": "../../etc"}, "id may hold"),
        ({"base": {"path": "x", "digest": "md5:1"}}, "base.digest must read sha256:"),
        ({"dataset": None}, "dataset must be a JSON object"),
        ({"previews": [{"prompt": ""}]}, r"previews\[0\].prompt"),
        ({"previews": [{"prompt": "x", "seed": -1}]}, r"previews\[0\].seed"),
        ({"previews": [{"prompt": "x"}] * 17}, "previews must be a list of at most 16"),
        ({"metadata": {"author": 3}}, "metadata.author"),
        ({"extra": 1}, "unknown field 'extra'"),
    ],
)
def test_a_bad_field_is_named(top: dict[str, Any], says: str, job_dict: Make) -> None:
    with pytest.raises(BadJob, match=says):
        Job.from_dict(job_dict(top))


@pytest.mark.parametrize("text", ["", "null", "[]", "{", '"job"'])
def test_what_is_no_job_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "job.json"
    path.write_text(text)
    with pytest.raises(BadJob):
        Job.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadJob, match=r"nowhere\.json cannot be read"):
        Job.load(tmp_path / "nowhere.json")
