"""How a base is held: plainly where it fits, sparingly where it must, and refused where it cannot."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from finetune.estimate import Calibration, of_plan
from finetune.exits import OutOfMemory
from finetune.job import Job
from finetune.planning import budget
from finetune.planning.budget import WAYS, Way
from finetune.planning.group import limits
from finetune.planning.plan import Plan, prepare
from finetune.running import device
from finetune.running.resident import Resident
from finetune.training.lora import Adapter, Stack

from .conftest import Ran

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def plan(job_dict: Make) -> Plan:
    return prepare(Job.from_dict(job_dict()))


def large(plan: Plan) -> Plan:
    """The same job on a base of a billion parameters in 24 wide blocks."""
    width, layers = 2048, {}
    for block in range(24):
        for layer, (out, into) in {name.partition(".")[2].partition(".")[2]: each for name, each in plan.facts.layers.items()}.items():
            layers[f"blocks.{block}.{layer}"] = (out * width // 192, into * width // 192)
    facts = replace(plan.facts, layers=layers, parameters=1_000_000_000)
    return replace(plan, facts=facts, layers=tuple(layers), tokens=20_000)


def test_the_tiny_base_is_held_plainly(plan: Plan) -> None:
    assert budget.choose([plan], "cpu", 2 << 30) == Way("float32", checkpointing=False)
    assert budget.choose([plan] * 8, "cpu", 2 << 30) == Way("float32", checkpointing=False)


def test_the_less_memory_the_more_is_given_up_for_it(plan: Plan) -> None:
    big = large(plan)
    needs = [budget.need([big], way) for way in WAYS["cpu"]]
    for enough in needs:
        first = next(each for each, need in zip(WAYS["cpu"], needs, strict=True) if need <= enough)
        assert budget.choose([big], "cpu", round(enough / budget.SPARE) + 1) == first
        assert budget.choose([big], "cpu", None) == WAYS["cpu"][0]
    assert needs[1] < needs[0]
    assert needs[3] < min(needs[:3])


def test_what_fits_in_no_way_is_refused_with_its_figures(plan: Plan) -> None:
    with pytest.raises(OutOfMemory, match=r"needs about \d+\.\d GB of memory and 1\.0 GB are there: choose a smaller batch_size"):
        budget.choose([large(plan)], "cpu", 10**9)


def test_jobs_that_share_a_pass_are_counted_together(plan: Plan) -> None:
    one, two = (budget.need([large(plan)] * count, WAYS["cuda"][0]) for count in (1, 2))
    tokens = 20_000 * budget.token(large(plan), WAYS["cuda"][0])
    assert two - one == pytest.approx(tokens + budget.adapter(large(plan)), rel=1e-6)


def test_a_group_may_take_what_the_base_leaves_of_the_memory(plan: Plan) -> None:
    found = limits(plan, "cpu", 4 << 30)
    assert found.memory == round((4 << 30) * budget.SPARE) - budget.OVERHEAD - budget.weights(plan.facts, WAYS["cpu"][0])
    assert found.memory_token == round(budget.token(plan, WAYS["cpu"][0]))
    assert limits(plan, "cpu", None).memory is None


def test_an_estimate_is_of_the_way_that_the_machine_would_take(plan: Plan) -> None:
    big, here = large(plan), Calibration.load_file()
    roomy, narrow = (of_plan(big, replace(here, memory=memory)).memory_bytes for memory in (10**12, 30 * 10**9))
    assert narrow < 30 * 10**9 < roomy
    assert of_plan(big, replace(here, machine="x, cuda")).memory_bytes < roomy


def test_a_run_says_how_its_base_was_held(ran: Ran) -> None:
    assert ran.manifest["held"] == {"dtype": "float32", "checkpointing": False}


def test_this_machine_has_some_memory() -> None:
    assert 1 << 28 < device.memory() < 1 << 50


def test_a_container_may_allow_less(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "memory.max").write_text("1000000\n")
    monkeypatch.setattr(device, "CGROUP", tmp_path)
    assert device.memory() == 1_000_000


def test_computing_twice_changes_no_loss_and_no_gradient(bases: Resident, tiny: Path, tiny_digest: str) -> None:
    model = bases.get("wan", str(tiny), tiny_digest)
    layers = tuple(sorted(model.facts.layers))
    stack = Stack([Adapter(layers, 4, 8, seed) for seed in (1, 2)], model.facts.layers, model.device)
    stack.values.normal_(std=0.1, generator=torch.Generator().manual_seed(0))
    latents = torch.randn((2, 16, 3, 8, 8), generator=torch.Generator().manual_seed(1))
    batch = latents, model.encode_text(["a red circle", ""]), torch.tensor([0.3, 0.8]), torch.zeros_like(latents)
    model.put_on(stack)
    found = []
    for twice in (False, True):
        model.checkpointing(twice)
        stack.gradients.zero_()
        losses = model.loss(*batch)
        losses.sum().backward()
        found.append((losses.detach(), stack.gradients.clone()))
    model.checkpointing(False)
    model.take_off()
    assert torch.equal(found[0][0], found[1][0])
    assert torch.equal(found[0][1], found[1][1])
    assert bool(found[0][1].any())


@pytest.mark.parametrize(("way", "low", "high"), [(Way("float32", True), 0.999, 1.001), (Way("bfloat16", False), 0.9, 1.1)])
def test_a_run_on_little_memory_is_still_a_run(
    way: Way, low: float, high: float, ran: Ran, train: Callable[..., Ran], job_dict: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the way is forced; the rest is the run's own."""
    monkeypatch.setattr(budget, "choose", lambda *_: way)
    found = train(job_dict(top={"previews": []}), tmp_path / "out")
    assert found.manifest["held"] == json.loads(json.dumps({"dtype": way.dtype, "checkpointing": way.checkpointing}))
    assert low < found.manifest["validation_after"] / ran.manifest["validation_after"] < high
    if way.dtype == "float32":
        assert [each["tensor_digest"] for each in found.manifest["files"]] == [each["tensor_digest"] for each in ran.manifest["files"]]
