"""Seconds, memory and tokens before anything runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import estimate
from finetune.calibrate import measure
from finetune.estimate import Calibration, of_plan
from finetune.exits import BadJob
from finetune.job import Job
from finetune.plan import Plan, prepare

from .conftest import Ran


@pytest.fixture
def plan(job_dict: Callable[..., Any]) -> Plan:
    return prepare(Job.from_dict(job_dict()))


def test_tokens_are_what_the_transformer_will_see(plan: Plan) -> None:
    assert of_plan(plan, Calibration.load_file()).tokens_per_step == 5 * 4 * 4 * 2


def test_the_run_reports_the_same_tokens(ran: Ran, plan: Plan) -> None:
    assert ran.manifest["tokens_per_step"] == of_plan(plan, Calibration.load_file()).tokens_per_step


@pytest.mark.parametrize("knob", [{"steps": 60}, {"batch_size": 8}, {"height": 64}, {"sampling_steps": 30}])
def test_more_work_takes_longer(knob: dict[str, int], plan: Plan, job_dict: Callable[..., Any]) -> None:
    more = of_plan(prepare(Job.from_dict(job_dict(**knob))), Calibration.load_file())
    assert more.seconds > of_plan(plan, Calibration.load_file()).seconds


def test_a_larger_base_takes_longer_and_needs_more_memory(plan: Plan) -> None:
    large = replace(plan, facts=replace(plan.facts, parameters=plan.facts.parameters * 100))
    small, big = (of_plan(each, Calibration.load_file()) for each in (plan, large))
    assert big.seconds > small.seconds
    assert big.memory_bytes > small.memory_bytes


def test_the_interval_holds_the_estimate(plan: Plan) -> None:
    found = of_plan(plan, Calibration.load_file())
    assert 0 < found.seconds_low < found.seconds < found.seconds_high


def test_what_is_no_calibration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(BadJob, match="is not a calibration"):
        Calibration.load_file(tmp_path / "x.json")


def test_a_measured_calibration_reads_back(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finetune.calibrate.REPEATS", 1)
    found = measure(tiny)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(found.to_dict()))
    assert estimate.Calibration.load_file(path) == found
    assert found.tokens == 80
    assert found.load > 0
    assert found.step + found.step_token * 80 > 0
