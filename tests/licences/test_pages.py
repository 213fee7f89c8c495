"""The library of licences, and each in full."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client

from atelier.catalog.models import BaseFile
from atelier.kit import store
from atelier.licences import actions, holdings
from atelier.licences.models import Licence
from atelier.licences.queries import seconds
from licensing.text import text_hash
from tests.world import World

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "en")


@pytest.fixture
def bob(world: World, client: Client) -> Client:
    client.force_login(world.bob)
    return client


def read(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer
    return str(answer.content.decode())


def base_files(licence: Licence) -> list[BaseFile]:
    rows = []
    for path in ("model_index.json", "transformer/weights.safetensors"):
        key = f"test/{uuid4()}/{path}"
        store.put_bytes(store.MODELS, key, b"{}")
        rows.append(BaseFile.objects.create(version_id=licence.version_id, path=path, key=key, bytes=2, sha256="a" * 64, complete=True))
    return rows


def test_an_empty_library_says_the_next_step(bob: Client) -> None:
    page = read(bob, "/en/licences")
    assert "No licences yet" in page and 'href="/en/catalogue"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_card_draws_what_is_left(bob: Client, world: World, licence: Licence, language: str) -> None:
    for held, spent in ((900, 900), (1800, 0)):
        training = uuid4()
        actions.reserve(licence=licence, training=training, seconds=held)
        if spent:
            actions.capture(training=training, seconds=spent, key="1")
    page = read(bob, f"{'/en' if language == 'en' else ''}/licences")
    assert '<rect class="used" width="250"' in page and '<rect class="held" x="250" width="500"' in page
    assert "15\u00a0min" in page and "30\u00a0min" in page
    if language == "en":
        assert "15\u00a0min left" in page and "up to 200 clips, 512 px, 2,000 steps, rank 16" in page


def test_the_library_holds_ones_own_licences_and_not_those_a_studio_has_granted(client: Client, world: World, licence: Licence) -> None:
    for person in (world.alice, world.carol):
        client.force_login(person)
        assert licence.public_id not in read(client, "/en/licences")


def test_every_state_is_told_in_words(bob: Client, world: World) -> None:
    licence = world.licence()
    Licence.objects.filter(pk=licence.pk).update(expires_at=Now() + timedelta(days=9))
    assert "Ends soon" in read(bob, "/en/licences") and "9 days left" in read(bob, "/en/licences")
    Licence.objects.filter(pk=licence.pk).update(expires_at=Now() - timedelta(days=1))
    page = read(bob, f"/en/licences/{licence.public_id}")
    assert "at the end of its term" in page and "Renew it or buy a new one." in page
    Licence.objects.filter(pk=licence.pk).update(expires_at=None)
    actions.suspend(licence=licence, reason=actions.DISPUTED)
    page = read(bob, f"/en/licences/{licence.public_id}")
    for words in ("Suspended", "the bank has questioned the payment", "Since ", "Settle the open question about its payment"):
        assert words in page, words
    actions.revoke(licence=licence, reason="the credit is missing")
    page = read(bob, f"/en/licences/{licence.public_id}")
    assert "This is final" in page and "the credit is missing" in page
    assert "Revoked" in read(bob, "/en/licences") and "days left" not in read(bob, "/en/licences")


def test_a_licence_without_training_says_what_to_do_for_it(bob: Client, world: World) -> None:
    licence = world.licence(may_train=False, training_seconds=0)
    page = read(bob, f"/en/licences/{licence.public_id}")
    assert "The licence does not allow training." in page and "Choose a tier that includes training." in page


def test_used_up_training_time_is_told_with_the_next_step(bob: Client, world: World, licence: Licence) -> None:
    actions.reserve(licence=licence, training=uuid4(), seconds=3600)
    page = read(bob, f"/en/licences/{licence.public_id}")
    assert "The training time is used up" in page and f"/en/tiers/{licence.revision.tier.public_id}" in page


def test_what_used_the_allowance_is_listed_by_training(bob: Client, world: World, licence: Licence) -> None:
    done, runs = uuid4(), uuid4()
    actions.reserve(licence=licence, training=done, seconds=1800)
    actions.capture(training=done, seconds=1200, key="1")
    actions.release(licence=licence, training=done)
    actions.reserve(licence=licence, training=runs, seconds=600)
    newest, oldest = holdings.runs(licence)
    assert (newest.training, newest.held, newest.spent, newest.returned) == (f"trn_{runs.hex}", 600, 0, 0)
    assert (oldest.training, oldest.reserved, oldest.spent, oldest.returned) == (f"trn_{done.hex}", 1800, 1200, 600)
    page = read(bob, f"/en/licences/{licence.public_id}")
    assert done.hex[-8:] in page and runs.hex[-8:] in page


def test_many_licences_are_counted_as_each_alone(world: World) -> None:
    rows = [world.licence() for _ in range(3)]
    for number, row in enumerate(rows, start=1):
        training = uuid4()
        actions.reserve(licence=row, training=training, seconds=100 * number)
        actions.capture(training=training, seconds=10, key="1")
    assert holdings.seconds_of(rows) == {row.id: seconds(row) for row in rows}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_accepted_text_is_kept_in_the_language_in_which_it_was_read(bob: Client, world: World, licence: Licence, language: str) -> None:
    hashed = text_hash(licence.terms, language)
    Licence.objects.filter(pk=licence.pk).update(accepted_text=hashed)
    page, sheet = read(bob, f"/en/licences/{licence.public_id}"), read(bob, f"/en/licences/{licence.public_id}/text")
    title = {"en": "Licence for Lumen", "fr": "Licence pour Lumen"}[language]
    assert hashed in page and hashed in sheet and title in sheet and f'lang="{language}"' in sheet


def test_a_licence_that_was_given_says_that_no_text_was_accepted(bob: Client, licence: Licence) -> None:
    assert "No text was accepted" in read(bob, f"/en/licences/{licence.public_id}")
    assert "without a sale" in read(bob, f"/en/licences/{licence.public_id}/text")


def test_the_page_says_how_to_verify_a_model_made_under_it(bob: Client, licence: Licence) -> None:
    page = read(bob, f"/en/licences/{licence.public_id}")
    licence.refresh_from_db()
    assert f"--licensee {licence.number}" in page and "/trust/root.pub" in page and "/trust/revocations.json" in page


def test_the_base_is_downloaded_by_short_links_that_only_asking_makes(bob: Client, world: World) -> None:
    licence = world.licence(may_download_base=True)
    files = base_files(licence)
    where = f"/en/licences/{licence.public_id}/base"
    assert where in read(bob, f"/en/licences/{licence.public_id}")
    page = read(bob, where)
    assert all(file.path in page for file in files) and "X-Amz-Signature" not in page
    answer = bob.post(where)
    assert str(answer.content.decode()).count("X-Amz-Signature") == 2 and "no-store" in answer["Cache-Control"]
    licence.refresh_from_db()
    assert licence.base_taken_at and "You first downloaded it on" in read(bob, f"/en/licences/{licence.public_id}")


def test_where_the_base_is_not_granted_the_page_says_so_instead_of_a_button(bob: Client, licence: Licence) -> None:
    where = f"/en/licences/{licence.public_id}/base"
    page = read(bob, f"/en/licences/{licence.public_id}")
    assert where not in page and "does not allow the base model to be downloaded" in page
    assert "Choose a tier that includes the base model itself." in read(bob, where)
    answer = bob.post(where)
    assert answer.status_code == 409 and "X-Amz" not in answer.content.decode()


def test_the_studio_sees_the_licence_and_cannot_take_the_base_under_it(client: Client, world: World) -> None:
    licence = world.licence(may_download_base=True)
    base_files(licence)
    client.force_login(world.alice)
    assert "Only the holder" in read(client, f"/en/licences/{licence.public_id}")
    assert client.post(f"/en/licences/{licence.public_id}/base").status_code == 403


@pytest.mark.parametrize("path", ["", "/text", "/base"])
def test_somebody_elses_licence_is_not_there(client: Client, world: World, licence: Licence, path: str) -> None:
    client.force_login(world.carol)
    for method in (client.get, client.post):
        assert method(f"/en/licences/{licence.public_id}{path}").status_code in (404, 405)
    client.logout()
    assert client.get(f"/en/licences/{licence.public_id}{path}").status_code == 302


def test_the_library_asks_the_database_little_more_for_more_licences(bob: Client, world: World, django_assert_max_num_queries: Any) -> None:
    for _ in range(4):
        world.licence()
    with django_assert_max_num_queries(20):
        bob.get("/en/licences")
