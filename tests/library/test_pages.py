"""The pages of custom models: the shelf, the card with its files, the copy that is handed over."""

import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from atelier.library import actions
from atelier.library.models import CustomModel, Handover, Preview
from atelier.library.snippets import python
from atelier.licences.actions import revoke, suspend
from tests.visits import signed_in
from tests.world import World, run_outbox

from .files import PATH, published

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "en")
ARABIC = "شريط طويل من ضوء النيون " * 8
MANIFEST: dict[str, Any] = {"steps": 120, "validation_before": 1.25, "validation_after": 0.5, "knobs": {"trigger": "neonlux", "rank": 8}}


def address(name: str, language: str = "en", **kept: str) -> str:
    with override(language):
        return reverse(name, kwargs=kept)


def text_of(answer: Any) -> str:
    return re.sub(r"[ \n]+", " ", answer.content.decode())


def shown(model: CustomModel, step: int) -> Preview:
    facts = {"fence": 1, "prompt": "a red circle", "seed": 0, "key": f"test/{uuid4()}.mp4", "still": f"test/{uuid4()}.webp"}
    return Preview.objects.create(training=model.training, place=0, step=step, **facts)


@pytest.fixture
def model(world: World) -> CustomModel:
    made = published(world)
    CustomModel.objects.filter(pk=made.pk).update(manifest=MANIFEST)
    made.refresh_from_db()
    return made


def page(world: World, model: CustomModel, language: str = "en") -> str:
    answer = signed_in(world.bob).get(address("model", language, model=model.public_id))
    assert answer.status_code == 200
    return text_of(answer)


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_shelf_says_the_next_step(world: World, language: str) -> None:
    text = text_of(signed_in(world.bob).get(address("models", language)))
    assert address("training-new", language) in text and 'class="empty"' in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_shelf_shows_a_model_with_its_base_and_its_trigger_word(world: World, model: CustomModel, language: str) -> None:
    text = text_of(signed_in(world.bob).get(address("models", language)))
    assert address("model", language, model=model.public_id) in text
    assert "Lumen" in text and "neonlux" in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_card_tells_the_run_the_files_and_how_to_use_and_check_them(world: World, model: CustomModel, language: str) -> None:
    text = page(world, model, language)
    file = f"{model.public_id}-comfyui.safetensors"
    assert f"ComfyUI/models/loras/{file}" in text
    assert f"--licensee {model.licence.number}" in text and "/trust/root.pub" in text
    assert model.artifacts.get(path=PATH).sha256 in text
    assert f"/models/{model.public_id}/handovers" in text
    assert "neonlux" in text and ("0,5" if language == "fr" else "0.5") in text


def test_what_the_licence_allows_stands_beside_what_was_declared(world: World, model: CustomModel) -> None:
    text = page(world, model)
    assert "You declared: production, for the web, in France." in text
    assert "You may not" in text


def test_samples_play_before_and_after_while_the_licence_shows_them(world: World, model: CustomModel) -> None:
    before, after = shown(model, 0), shown(model, 40)
    text = page(world, model)
    for row in (before, after):
        where = address("model-preview", model=model.public_id, preview=row.public_id, form="clip")
        assert where in text
        assert signed_in(world.bob).get(where).status_code == 302
    revoke(licence=model.licence, reason="refunded")
    assert signed_in(world.bob).get(where).status_code == 409
    assert where not in page(world, model)


def test_it_is_renamed_and_a_name_that_cannot_be_shown_is_refused_with_what_was_typed(world: World, model: CustomModel) -> None:
    where = address("model-rename", model=model.public_id)
    answer = signed_in(world.bob).post(where, {"name": f"  {ARABIC[:190]}\n"}, follow=True)
    assert "The model has its new name." in text_of(answer)
    model.refresh_from_db()
    assert model.name == " ".join(ARABIC[:190].split())
    for wrong in ("", "\u2029 ", "x" * 201):
        refused = signed_in(world.bob).post(where, {"name": wrong})
        assert refused.status_code == 422 and 'aria-invalid="true"' in text_of(refused)
    model.refresh_from_db()
    assert model.name == " ".join(ARABIC[:190].split())


def test_weights_are_asked_for_made_and_fetched(world: World, model: CustomModel) -> None:
    bob = signed_in(world.bob)
    asked = bob.post(address("model-hand-over", model=model.public_id), {"file": PATH})
    handover = Handover.objects.get(artifact__model=model)
    assert asked["Location"] == address("handover", handover=handover.public_id)
    waiting = text_of(bob.get(asked["Location"]))
    assert "It is being made" in waiting and 'hx-trigger="every 2s"' in waiting and 'http-equiv="refresh"' in waiting
    assert bob.get(address("handover-file", handover=handover.public_id))["Location"] == asked["Location"]
    run_outbox()
    handover = Handover.objects.get(pk=handover.pk)
    ready = text_of(bob.get(asked["Location"]))
    assert handover.found and handover.found.sha256 in ready and "hx-trigger" not in ready
    link = bob.get(address("handover-file", handover=handover.public_id))
    assert link.status_code == 302 and "Signature" in link["Location"] and link["Cache-Control"] == "no-store"


def test_a_copy_that_could_not_be_made_says_why(world: World, model: CustomModel) -> None:
    bob = signed_in(world.bob)
    where = bob.post(address("model-hand-over", model=model.public_id), {"file": PATH})["Location"]
    suspend(licence=model.licence, reason="a doubt")
    run_outbox()
    text = text_of(bob.get(where))
    assert "It could not be made" in text and "Nothing was charged" in text and "suspended" in text


def test_other_files_come_at_once_and_weights_never_without_a_copy(world: World, model: CustomModel) -> None:
    bob, rows = signed_in(world.bob), {row.kind: row for row in model.artifacts.all()}
    sheet = bob.get(address("model-file", model=model.public_id, artifact=rows["sheet"].public_id))
    assert sheet.status_code == 302 and "Signature" in sheet["Location"]
    assert bob.get(address("model-file", model=model.public_id, artifact=rows["weights"].public_id)).status_code == 404
    other = published(world).artifacts.get(kind="sheet")
    assert bob.get(address("model-file", model=model.public_id, artifact=other.public_id)).status_code == 404


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_suspended_licence_says_why_and_what_still_works(world: World, model: CustomModel, language: str) -> None:
    suspend(licence=model.licence, reason="a doubt")
    text = page(world, model, language)
    assert ("suspendue" if language == "fr" else "suspended") in text
    assert re.search(r"<button class=\"button\" disabled>", text)


def test_it_is_withdrawn_only_by_who_says_that_she_means_it(world: World, model: CustomModel) -> None:
    bob, where = signed_in(world.bob), address("model-withdraw", model=model.public_id)
    assert "Nothing was changed." in text_of(bob.post(where, follow=True))
    model.refresh_from_db()
    assert model.state == "published"
    text = text_of(bob.post(where, {"sure": "yes"}, follow=True))
    assert "This model was withdrawn." in text and "Withdraw it for good" not in text
    model.refresh_from_db()
    assert model.state == "withdrawn"
    refused = bob.post(address("model-hand-over", model=model.public_id), {"file": PATH})
    assert refused.status_code == 410
    preview = shown(model, 2)
    assert bob.get(address("model-preview", model=model.public_id, preview=preview.public_id, form="clip")).status_code == 410


def test_strangers_find_nothing_and_who_is_signed_out_signs_in_first(world: World, model: CustomModel) -> None:
    handover = actions.hand_over(model=model, path=PATH, person=world.bob)
    assert isinstance(handover, Handover)
    file = model.artifacts.get(kind="sheet").public_id
    mine = {"model": model.public_id}
    reads = [("model", mine), ("model-file", {**mine, "artifact": file}), ("handover", {"handover": handover.public_id})]
    reads += [("handover-file", {"handover": handover.public_id})]
    for name, kept in reads:
        assert signed_in(world.carol).get(address(name, **kept)).status_code == 404
        assert "/accounts/login/" in Client().get(address(name, **kept))["Location"]
    for name in ("model-rename", "model-withdraw", "model-hand-over"):
        assert signed_in(world.carol).post(address(name, **mine), {"name": "x", "sure": "yes", "file": PATH}).status_code == 404
        assert "/accounts/login/" in Client().post(address(name, **mine))["Location"]
    model.refresh_from_db()
    assert (model.name, model.state) == ("Neon", "published")


def test_a_prompt_with_quotes_stays_python() -> None:
    sampling = {"height": 32, "width": 32, "frames": 9, "fps": 8.0, "steps": 20, "guidance": 3.0, "length": None}
    said = python("base", "x.safetensors", "a 'red' \"circle\"\nmoving", sampling)
    compile(said, "snippet", "exec")
    assert "num_inference_steps=20, guidance_scale=3," in said and "max_sequence_length" not in said


def test_a_sample_says_that_it_is_generated_and_what_its_manifest_says(world: World, model: CustomModel) -> None:
    row = shown(model, 120)
    said = {"title": row.public_id, "agent": "Harbour", "version": "2.0", "made_at": "2026-11-23T00:00:00+00:00", "ids": {"base": "bsv_1"}}
    row.credential = {**said, "signed_by": "Atelier previews", "signed_at": "2026-11-23T00:00:01+00:00"}
    row.save(update_fields=["credential"])
    text = page(world, model)
    assert "Generated by AI" in text and "Harbour (2.0)" in text and "bsv_1" in text and row.public_id in text
    assert 'href="/trust/anchor.pem"' in text
