"""Of which title each clip of a studio's dataset is: on its page, at its upload, and by the API."""

import pytest
from django.test import Client

from atelier.catalog import rights
from atelier.catalog.models import Title
from atelier.material import actions
from atelier.material.models import Dataset
from tests.visits import text
from tests.world import World, client_of

from .conftest import ready

pytestmark = pytest.mark.django_db


@pytest.fixture
def rushes(world: World) -> Dataset:
    return actions.open_dataset(owner=world.alice, name="Rushes", studio=world.studio)


@pytest.fixture
def title(world: World) -> Title:
    return world.version.titles.get()


@pytest.fixture
def page(world: World) -> Client:
    client = Client()
    client.force_login(world.alice)
    return client


@pytest.mark.parametrize("language", ["", "/en"])
def test_ticked_clips_are_of_the_chosen_title(world: World, rushes: Dataset, title: Title, page: Client, language: str) -> None:
    address = f"{language}/datasets/{rushes.public_id}/titles"
    assert 'class="empty"' in text(page.get(address))
    one, two = (ready(rushes, name.encode(), name, caption="a bar moves") for name in ("one.mp4", "two.mp4"))
    doubtful = rights.add_title(studio=world.studio, by=world.alice, name="Doubtful")
    shown = text(page.get(address))
    assert title.public_id in shown and doubtful.public_id not in shown
    assert page.post(address, {"clip": [one.public_id], "title": title.public_id}).status_code == 302
    one.refresh_from_db()
    two.refresh_from_db()
    assert (one.title, two.title) == (title, None)
    assert address in text(page.get(f"{language}/datasets/{rushes.public_id}"))
    page.post(address, {"clip": [two.public_id], "title": doubtful.public_id})
    two.refresh_from_db()
    assert two.title is None and "“Doubtful”" in text(page.get(address))


def test_the_page_leads_back_to_where_one_came_from_and_to_no_other_site(rushes: Dataset, page: Client) -> None:
    address = f"/en/datasets/{rushes.public_id}/titles?at="
    assert 'href="/en/home"' in text(page.get(f"{address}/en/home"))
    assert 'href="https://evil' not in text(page.get(f"{address}https://evil.example/"))


def test_only_a_studios_dataset_has_the_page(world: World, page: Client) -> None:
    own = actions.open_dataset(owner=world.alice, name="Holidays")
    assert page.get(f"/en/datasets/{own.public_id}/titles").status_code == 404


def test_a_dataset_is_opened_for_a_studio_by_whoever_acts_for_it(world: World, page: Client) -> None:
    assert page.post("/en/datasets", {"name": "Takes", "studio": str(world.studio.pk)}).status_code == 302
    assert Dataset.objects.get(name="Takes").studio == world.studio
    bob, dave = client_of(world.bob), client_of(world.dave)
    asked = {"name": "Takes", "studio": world.studio.public_id}
    assert bob.post("/api/v1/datasets", asked, format="json").status_code == 404
    assert dave.post("/api/v1/datasets", asked, format="json").json()["code"] == "role_too_low"


def test_a_title_is_named_at_upload_and_by_the_api(world: World, rushes: Dataset, title: Title) -> None:
    alice, place = client_of(world.alice), f"/api/v1/datasets/{rushes.public_id}"
    file = {"name": "a.mp4", "bytes": 6, "sha256": "0" * 64}
    named = alice.post(f"{place}/assets", {**file, "title": title.public_id}, format="json").json()
    bare = alice.post(f"{place}/assets", {**file, "name": "b.mp4"}, format="json").json()
    assert (named["title"], bare["title"]) == (title.public_id, None)
    asked = {"title": title.public_id, "files": [bare["id"]]}
    assert alice.post(f"{place}/titles", asked, format="json").json() == {"bound": 1}
    rights.clear(title=title, by=world.alice, state="pending")
    refused = alice.post(f"{place}/titles", asked, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "title_not_cleared")
    assert title.name in refused.json()["detail"]
