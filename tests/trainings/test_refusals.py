"""The engine's refusals as sentences in the reader's language."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.utils.translation import override

import finetune
from atelier.trainings.forms import NUMBERS
from atelier.trainings.refusals import FIELDS, SENTENCES, refusal
from finetune.exits import BadData, BadJob
from finetune.job import Job

SHA = f"sha256:{'0' * 64}"
KNOBS = {"steps": 1, "rank": 1, "alpha": 1, "learning_rate": 0.1, "batch_size": 1, "height": 16, "width": 16, "frames": 5, "fps": 8}


def refused(**knobs: Any) -> BadJob:
    job = {"version": 1, "id": "x", "family": "wan", "base": {"path": "b", "digest": SHA}, "dataset": {"path": "d", "root": SHA}}
    with pytest.raises(BadJob) as no:
        Job.from_dict({**job, "knobs": {**KNOBS, **knobs}})
    return no.value


@pytest.mark.parametrize(
    "knobs",
    [{"steps": 0}, {"rank": True}, {"alpha": "much"}, {"learning_rate": 2.5}, {"frames": 6}, {"trigger": "x" * 81}, {"preserve": 0.3}],
)
@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_wrong_number_is_told_in_the_words_of_the_page(knobs: dict[str, Any], language: str) -> None:
    error = refusal(refused(**knobs))
    with override(language):
        told = error.told()
    assert (error.code, error.status) == ("bad_settings", 422)
    assert told and "knobs." not in told and "%(" not in told


def test_the_field_that_is_wrong_is_named_for_programs() -> None:
    assert refusal(refused(steps=0)).extra == {"field": "knobs.steps"}


def test_what_has_no_code_keeps_the_sentence_of_the_engine_whatever_it_repeats() -> None:
    error = refusal(refused(**{"%(no)s": 1}))
    assert error.told() == error.sentence == "knobs has an unknown field '%(no)s'; remove it or correct its spelling."


def test_what_the_dataset_holds_is_another_matter_than_what_was_asked() -> None:
    assert refusal(BadData("The dataset has no clips: add at least one.", "no_clips")).code == "bad_material"


def test_every_code_of_the_engine_has_its_sentence_and_every_sentence_its_code() -> None:
    trees = [ast.parse(path.read_text()) for path in Path(finetune.__file__).parent.rglob("*.py")]
    calls = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 2]
    refusals = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("BadJob", "BadData")]
    assert {ast.literal_eval(call.args[1]) for call in refusals} == set(SENTENCES)


def test_every_number_of_the_wizard_has_its_name() -> None:
    assert {f"knobs.{name}" for name in NUMBERS} <= set(FIELDS)
