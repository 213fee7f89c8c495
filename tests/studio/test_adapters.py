"""The page of house adapters: training one begins in the common wizard, and what came of it is published with its clips' titles."""

from typing import Any
from uuid import uuid4

import pytest

from atelier.catalog.models import HouseAdapter
from atelier.library.models import CustomModel
from atelier.licences import inhouse
from atelier.licences.queries import database_now
from atelier.material import actions as material
from atelier.material import attestation
from atelier.material.models import Dataset
from atelier.trainings import house
from atelier.trainings.models import Draft, Project, Quote, Training
from tests.material.conftest import ready
from tests.visits import signed_in, text
from tests.world import World, client_of

pytestmark = pytest.mark.django_db
USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}


def page(world: World, rest: str = "", language: str = "/en") -> str:
    return f"{language}/studio/{world.studio.public_id}/adapters{rest}"


def rushes(world: World, seal: bool = True) -> Dataset:
    """Two clips of the cleared title."""
    dataset, title = material.open_dataset(owner=world.alice, name="Rushes", studio=world.studio), world.version.titles.get()
    for name in ("one.mp4", "two.mp4"):
        ready(dataset, name.encode(), name, caption="a bar moves", title=title)
    if seal:
        material.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
        material.seal(dataset=dataset)
    return dataset


def trained(world: World, dataset: Dataset) -> CustomModel:
    """As a training leaves it, without the training."""
    licence, owner = inhouse.grant(version=world.version, by=world.alice), world.alice
    project = Project.objects.create(owner=owner, name="House", **USE)
    priced = {"seconds": 1, "lines": [], "estimate": {}, "expires_at": database_now()}
    facts: dict[str, Any] = {"owner": owner, "licence": licence}
    quote = Quote.objects.create(dataset=dataset, project=project, name="Night", knobs={}, previews=[], seed=0, **facts, **priced)
    training = Training.objects.create(quote=quote, since=database_now(), steps=1, state="done", **facts)
    model = CustomModel.objects.create(training=training.pk, dataset_root=dataset.root, name="Night", use=USE, manifest={}, **facts)
    model.artifacts.create(kind="weights", layout="diffusers", path="w.safetensors", key=f"test/{uuid4()}", sha256="0" * 64, bytes=7)
    return model


def test_training_one_leads_into_the_wizard_under_a_licence_of_the_studio_to_itself(world: World) -> None:
    alice = signed_in(world.alice)
    own = material.open_dataset(owner=world.alice, name="Holidays")
    dataset = rushes(world)
    assert world.version.public_id in text(alice.get(page(world)))
    answer = alice.post(page(world), {"ground": world.version.public_id})
    [licence] = inhouse.held_by(world.alice)
    assert answer["Location"].endswith(f"?licence={licence.public_id}") and licence.studio == world.studio
    wizard = text(alice.get(answer["Location"]))
    assert "only from a dataset of the studio" in wizard and own.name in wizard
    chosen = {"licence": licence.public_id, "dataset": "new", "name": "Takes"}
    assert alice.post("/en/trainings/new", chosen).status_code == 302
    assert Dataset.objects.get(name="Takes", owner=world.alice).studio == world.studio
    assert alice.post("/en/trainings/new", {**chosen, "dataset": dataset.public_id}).status_code == 302
    assert Draft.objects.filter(dataset=dataset, licence=licence).exists()


@pytest.mark.parametrize("language", ["", "/en"])
def test_what_was_trained_is_published_with_the_titles_of_its_clips(world: World, language: str) -> None:
    alice, model = signed_in(world.alice), trained(world, rushes(world))
    assert model.public_id in text(alice.get(page(world, language=language)))
    address = page(world, f"/{model.public_id}/publish", language)
    assert alice.post(address, {"name": ""}).status_code == 422
    assert alice.post(address, {"name": "Night look"}).status_code == 302
    row = HouseAdapter.objects.get(model=model.pk)
    assert (list(row.titles.all()), row.data_points, row.hours) == ([world.version.titles.get()], 2, pytest.approx(3 / 3600))
    shown = text(alice.get(page(world, language=language)))
    assert "Night look" in shown and address not in shown
    taken = trained(world, rushes(world))
    wrong = alice.post(page(world, f"/{taken.public_id}/publish"), {"name": "Night look"})
    assert wrong.status_code == 422 and "Choose another name" in text(wrong)


def test_a_title_that_is_no_longer_cleared_is_named_where_it_would_be_published(world: World) -> None:
    from atelier.catalog import rights

    model, title = trained(world, rushes(world)), world.version.titles.get()
    rights.clear(title=title, by=world.alice, state="excluded")
    wrong = signed_in(world.alice).post(page(world, f"/{model.public_id}/publish"), {"name": "Night look"})
    assert wrong.status_code == 422 and f"“{title.name}” (one.mp4, two.mp4)" in text(wrong)
    assert not HouseAdapter.objects.filter(model=model.pk).exists()


def test_of_a_base_with_two_transformers_each_gets_its_own(world: World) -> None:
    world.version.facts = {"boundary": 0.875}
    world.version.save()
    model = trained(world, rushes(world))
    model.artifacts.create(kind="weights", layout="diffusers", path="w_low_noise", key=f"test/{uuid4()}", sha256="1" * 64, bytes=7)
    first = house.publish(model=model, by=world.alice, name="Night")
    rows = HouseAdapter.objects.filter(model=model.pk).order_by("part")
    assert [(row.name, row.part, row.sha256[0]) for row in rows] == [("Night · 1", 1, "0"), ("Night · 2", 2, "1")]
    assert house.publish(model=model, by=world.alice, name="Again") == first == rows[0]


def test_a_model_under_a_bought_licence_becomes_no_house_adapter(world: World) -> None:
    model = trained(world, rushes(world))
    CustomModel.objects.filter(pk=model.pk).update(licence=world.licence(world.alice))
    answer = client_of(world.alice).post(f"/api/v1/models/{model.public_id}/house-adapter", {"name": "Night"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_in_house")


def test_an_auditor_reads_and_trains_nothing(world: World) -> None:
    dave, shown = signed_in(world.dave), page(world)
    assert "<form" not in text(dave.get(shown)).split("<main")[1].split("</main")[0]
    assert dave.post(shown, {"ground": world.version.public_id}).status_code == 403
    assert signed_in(world.bob).get(shown).status_code == 404
