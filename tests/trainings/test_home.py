"""The creator's first page and the list of her trainings."""

import pytest
from django.test import Client

from atelier.material import actions as material
from atelier.trainings import drafting
from atelier.trainings.models import Draft, Training
from tests.visits import signed_in, text
from tests.world import World

from .real import Studio

LANGUAGES = ("", "/en")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ["home", "trainings"])
def test_whoever_has_nothing_yet_is_told_the_one_next_step(world: World, language: str, page: str) -> None:
    answer = signed_in(world.carol).get(f"{language}/{page}")
    assert answer.status_code == 200
    assert f"{language}/catalogue" in text(answer)


@pytest.mark.parametrize("page", ["home", "trainings", "trainings/new"])
def test_nobody_sees_it_without_signing_in(world: World, client: Client, page: str) -> None:
    answer = client.get(f"/{page}")
    assert answer.status_code == 302 and "login" in answer["Location"]


def test_the_next_step_follows_what_she_has(world: World) -> None:
    client = signed_in(world.bob)
    assert client.get("/home").context["next"] == "licence"
    world.licence(may_train=False, training_seconds=0)
    assert client.get("/home").context["next"] == "licence"
    world.licence()
    assert client.get("/home").context["next"] == "clips"
    material.open_dataset(owner=world.bob, name="Harbour")
    assert client.get("/home").context["next"] == "seal"


def test_one_licence_and_one_sealed_dataset_need_one_press_to_begin(real: Studio) -> None:
    """Whoever has nothing to choose is asked nothing."""
    from .real import seal_dataset

    world = World()
    world.__dict__.update(version=real.version, studio=real.world.studio, offering=real.world.offering)
    seal_dataset(world)
    licence = world.licence()
    client = signed_in(world.bob)
    home = client.get("/home")
    assert home.context["next"] == "train" and home.context["ground"].single
    sealed = home.context["ground"].sealed[0]
    begun = client.post("/trainings/new", {"licence": licence.public_id, "dataset": sealed.public_id})
    assert begun["Location"].endswith("/captions")


def test_drafts_uploads_runs_models_and_licences_are_shown_with_the_way_on(real: Studio) -> None:
    bob = real.world.bob
    training = real.training(steps=7)
    draft = drafting.open_draft(owner=bob, licence=real.licence(), dataset=real.dataset)
    upload = material.open_dataset(owner=bob, name="Half sent")
    material.add(dataset=upload, name="one.mp4", bytes=10, sha256="0" * 64)
    shown = signed_in(bob).get("/home")
    assert training.pk in [run.training.pk for run in shown.context["running"]]
    assert draft.pk in [each.draft.pk for each in shown.context["drafts"]]
    assert [(each.dataset.pk, each.files) for each in shown.context["uploads"] if each.dataset.pk == upload.pk] == [(upload.pk, 1)]
    for address in (f"/trainings/{training.public_id}", f"/trainings/new/{draft.public_id}/settings", f"/datasets/{upload.public_id}"):
        assert f'href="{address}"' in text(shown)
    material.withdraw(dataset=upload)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_list_narrows_by_state_in_its_address(real: Studio, language: str) -> None:
    training = real.training(steps=7)
    client = signed_in(real.world.bob)
    Training.objects.filter(pk=training.pk).update(state="failed_user", code="bad", sentence="Too dark.")
    where = f"{language}/trainings"
    for state, there in (("", True), ("failed", True), ("running", False), ("done", False), ("nonsense", True)):
        answer = client.get(f"{where}?state={state}")
        assert (training.public_id in text(answer)) is there, state


def test_a_stranger_sees_none_of_it(real: Studio) -> None:
    training = real.training()
    draft = Draft.objects.create(owner=real.world.bob, name="Secret look")
    for page in ("home", "trainings"):
        shown = text(signed_in(real.world.carol).get(f"/{page}"))
        assert training.public_id not in shown and draft.public_id not in shown


def test_a_long_name_in_arabic_keeps_its_direction(world: World) -> None:
    name = "ضوء" * 66
    Draft.objects.create(owner=world.bob, name=name)
    assert f'dir="auto">{name}' in text(signed_in(world.bob).get("/home"))
