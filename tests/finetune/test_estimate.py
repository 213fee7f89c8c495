"""Seconds, memory and tokens before anything runs."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from finetune import estimate
from finetune.bench.calibrate import measure
from finetune.estimate import Calibration, of_plan
from finetune.exits import BadJob
from finetune.job import Job
from finetune.planning.plan import Plan, prepare

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


def seconds_of_a_step(plan: Plan, calibration: Calibration) -> float:
    one, two = (replace(plan, job=replace(plan.job, knobs=replace(plan.job.knobs, steps=steps))) for steps in (1000, 2000))
    return (of_plan(two, calibration).seconds - of_plan(one, calibration).seconds) / 1000


def test_a_longer_clip_takes_longer_than_as_many_tokens_in_short_ones(plan: Plan) -> None:
    """Attention grows with the square of a clip's tokens; a calibration from before it was counted knows nothing of that."""
    knobs = plan.job.knobs
    longer = replace(plan, tokens=4 * plan.tokens, mean_tokens=4 * plan.mean_tokens)
    more = replace(longer, job=replace(plan.job, knobs=replace(knobs, batch_size=4 * knobs.batch_size)))
    known = replace(Calibration.load_file(), attention=1e-9)
    clip, width = plan.mean_tokens / knobs.batch_size, 4 * 192
    squares = knobs.batch_size * (4 * clip) ** 2 - 4 * knobs.batch_size * clip**2
    assert seconds_of_a_step(longer, known) - seconds_of_a_step(more, known) == pytest.approx(squares * width * 1e-9, rel=0.02)
    before = replace(known, attention=0.0)
    assert seconds_of_a_step(longer, before) == pytest.approx(seconds_of_a_step(more, before), rel=0.01)


def test_the_interval_holds_the_estimate(plan: Plan) -> None:
    found = of_plan(plan, Calibration.load_file())
    assert 0 < found.seconds_low < found.seconds < found.seconds_high


def test_what_is_no_calibration_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{}")
    with pytest.raises(BadJob, match="is not a calibration"):
        Calibration.load_file(tmp_path / "x.json")


def test_a_measured_calibration_reads_back(tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("finetune.bench.calibrate.REPEATS", 1)
    found = measure(tiny)
    path = tmp_path / "calibration.json"
    path.write_text(json.dumps(found.to_dict()))
    assert estimate.Calibration.load_file(path) == found
    assert found.tokens == 80
    assert found.load > 0
    assert found.attention >= 0
    assert found.step + found.step_token * 80 > 0
