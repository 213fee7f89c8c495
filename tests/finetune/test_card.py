"""The model card: what stands in it comes from the run, and nothing that a person wrote can say more than itself."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from finetune.job import Job
from finetune.planning.plan import Plan, prepare
from finetune.results import card

from .conftest import Ran

Make = Callable[..., dict[str, Any]]


def front(text: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(text.split("---\n")[1])
    return found


@pytest.fixture
def plan(job_dict: Make) -> Plan:
    return prepare(Job.from_dict(job_dict()))


@pytest.fixture
def written(ran: Ran) -> str:
    return (ran.out / "models/README.md").read_text()


def test_a_hub_reads_what_it_is_and_what_belongs_to_it(written: str) -> None:
    assert front(written) == {
        "base_model": "atelier-tiny-wan",
        "base_model_relation": "adapter",
        "license": "other",
        "license_name": "lic_1",
        "library_name": "diffusers",
        "pipeline_tag": "text-to-video",
        "tags": ["text-to-video", "wan", "lora", "diffusers", "template:sd-lora"],
        "instance_prompt": "neonstyle",
        "widget": [
            {"text": "neonstyle a red circle moving right on a dark background", "output": {"url": "../previews/00-custom-000006.mp4"}}
        ],
    }


def test_every_path_in_it_leads_somewhere(written: str, ran: Ran) -> None:
    for shown in front(written)["widget"]:
        assert (ran.out / "models" / shown["output"]["url"]).exists()
    for file in ran.manifest["files"]:
        assert file["path"].removeprefix("models/") in written
        assert file["tensor_digest"] in written
    assert ran.manifest["card"] == "models/README.md"


def test_its_figures_are_the_manifests(written: str, ran: Ran) -> None:
    assert f"{ran.manifest['validation_before']:.4f} before, {ran.manifest['validation_after']:.4f} after" in written
    assert "| steps | 6 of batch 2, learning rate 0.002 |" in written
    assert ran.manifest["dataset"]["root"] in written


def test_its_example_is_python_that_loads_the_file(written: str, ran: Ran) -> None:
    lines = "".join(line[4:] for line in written.splitlines(keepends=True) if line.startswith("    "))
    compile(lines, "card", "exec")
    assert 'pipeline.load_lora_weights("diffusers", weight_name="trn_test.safetensors")' in lines


@pytest.mark.parametrize("title", ['Neon"\nlicense: mit', "--- # x", "Été: [1]", "|"])
def test_a_title_cannot_say_more_than_itself(title: str, plan: Plan, ran: Ran) -> None:
    job = replace(plan.job, metadata={"title": title, "licence": title})
    text = card.text(replace(plan, job=job), ran.manifest)
    assert front(text)["license"] == "other"
    assert front(text)["license_name"] == title
    assert f"# {' '.join(title.split())}" in text.splitlines()


def test_the_terms_of_a_licence_of_ones_own_are_a_link_away(plan: Plan, ran: Ran) -> None:
    job = replace(plan.job, metadata={"licence": "lic_1", "licence_link": "https://example.test/policies/lic_1"})
    assert front(card.text(replace(plan, job=job), ran.manifest))["license_link"] == "https://example.test/policies/lic_1"


@pytest.mark.parametrize(("licence", "found"), [("Apache-2.0", {"license": "apache-2.0"}), ("", {})])
def test_a_licence_that_hubs_know_goes_by_its_name(licence: str, found: dict[str, str], plan: Plan, ran: Ran) -> None:
    job = replace(plan.job, metadata={"licence": licence})
    assert {name: value for name, value in front(card.text(replace(plan, job=job), ran.manifest)).items() if "licen" in name} == found


def test_what_looks_learned_by_heart_is_told(plan: Plan, ran: Ran) -> None:
    sample = {"step": 6, "prompt": "x", "learned": True}
    learned = {**ran.manifest, "memorisation": {"samples": [sample, {**sample, "step": 3}]}}
    assert "With 1 of its 1 preview prompts it shows what looks learned by heart." in card.text(plan, learned)
    assert "by heart" not in card.text(plan, ran.manifest)


def test_of_a_pair_both_files_are_loaded(plan: Plan, ran: Ran, tmp_path: Path) -> None:
    files = [{**ran.manifest["files"][0], "path": f"models/diffusers/a_{noise}.safetensors"} for noise in ("high_noise", "low_noise")]
    text = card.text(plan, {**ran.manifest, "files": files})
    assert 'weight_name="a_low_noise.safetensors", load_into_transformer_2=True)' in text
