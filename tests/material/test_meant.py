"""A dataset that names the licence it is meant for is held against its terms at each upload and at sealing; one that names none is not."""

from typing import Any

import pytest
from django.test import Client

from atelier.audit.models import Entry
from atelier.kit.refused import Refused
from atelier.licences.actions import suspend
from atelier.licences.models import Licence
from atelier.material import actions, attestation, meant
from atelier.material.models import Dataset
from tests.world import World, client_of

from .conftest import add, ready


@pytest.fixture
def licence(world: World) -> Licence:
    return world.licence(max_clips=2)


def refused(code: str) -> Any:
    return pytest.raises(Refused, match=code)


def sealable(dataset: Dataset, film: bytes, clips: int) -> None:
    for number in range(clips):
        ready(dataset, film + bytes([number]), f"{number}.mp4", caption="a bar moves")
    actions.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)


def test_one_clip_more_than_the_licence_takes_is_refused_when_it_is_added(dataset: Dataset, licence: Licence, film: bytes) -> None:
    meant.mean(dataset=dataset, licence=licence)
    for name in ("one.mp4", "two.mp4"):
        add(dataset, film, name)
    with refused("TOO_MANY_CLIPS"):
        add(dataset, film, "three.mp4")
    assert add(dataset, film, "two.mp4").name == "two.mp4", "the same file again is no further one"
    meant.mean(dataset=dataset, licence=None)
    assert add(dataset, film, "three.mp4").name == "three.mp4"


def test_a_licence_that_does_not_take_what_is_there_is_not_named(dataset: Dataset, licence: Licence, film: bytes, world: World) -> None:
    for name in ("one.mp4", "two.mp4", "three.mp4"):
        add(dataset, film, name)
    with refused("TOO_MANY_CLIPS"):
        meant.mean(dataset=dataset, licence=licence)
    with refused("TIER_FORBIDS_TRAINING"):
        meant.mean(dataset=dataset, licence=world.licence(may_train=False, training_seconds=0))
    assert Dataset.objects.get(pk=dataset.pk).licence is None


def test_somebody_else_s_licence_is_none_of_hers(dataset: Dataset, world: World) -> None:
    with refused("not_found"):
        meant.mean(dataset=dataset, licence=world.licence(holder=world.carol))


def test_sealing_is_judged_and_where_no_licence_is_named_it_is_not(dataset: Dataset, licence: Licence, film: bytes, world: World) -> None:
    sealable(dataset, film, 1)
    meant.mean(dataset=dataset, licence=licence)
    suspend(licence=licence, by=world.alice.pk, reason="a doubt")
    with refused("SUSPENDED"):
        actions.seal(dataset=dataset)
    with refused("SUSPENDED"):
        add(dataset, film, "two.mp4")
    meant.mean(dataset=dataset, licence=None)
    actions.seal(dataset=dataset)
    with refused("DATASET_CLOSED"):
        meant.mean(dataset=dataset, licence=None)


def test_what_it_is_meant_for_is_in_the_log_each_time_that_it_changes(dataset: Dataset, licence: Licence) -> None:
    for wanted in (licence, licence, None):
        meant.mean(dataset=dataset, licence=wanted)
    noted = Entry.objects.filter(action="material.mean", subject=dataset.public_id).order_by("id").values_list("licence", flat=True)
    assert list(noted) == [licence.public_id, ""]


def test_the_api_names_it_and_says_no_with_code_and_clause(dataset: Dataset, licence: Licence, film: bytes, world: World) -> None:
    client, where = client_of(world.bob), f"/api/v1/datasets/{dataset.public_id}"
    assert client.post(f"{where}/licence", {"licence": licence.public_id}, format="json").json()["licence"] == licence.public_id
    for name in ("one.mp4", "two.mp4"):
        add(dataset, film, name)
    answer = client.post(f"{where}/assets", {"name": "three.mp4", "bytes": 9, "sha256": "0" * 64}, format="json")
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (409, "TOO_MANY_CLIPS", "max_clips")
    opened = client.post("/api/v1/datasets", {"name": "Dawn", "licence": licence.public_id}, format="json")
    assert (opened.status_code, opened.json()["licence"]) == (201, licence.public_id)
    assert client.post(f"{where}/licence", {"licence": ""}, format="json").json()["licence"] is None


def test_the_page_offers_her_licences_and_where_the_judge_says_no_its_button_is_grey_with_his_sentence(
    dataset: Dataset, licence: Licence, film: bytes, world: World
) -> None:
    client = Client()
    client.force_login(world.bob)
    offered = client.get(f"/en/datasets?licence={licence.public_id}").content.decode()
    assert f'<option value="{licence.public_id}" selected>' in offered
    page = f"/en/datasets/{dataset.public_id}"
    assert client.post(f"{page}/licence", {"licence": licence.public_id}).status_code == 302
    for name in ("one.mp4", "two.mp4"):
        add(dataset, film, name)
    text = client.get(page).content.decode()
    assert "that licence says no" in text and '<button class="button" disabled>Add clips' in text and "data-upload" not in text
    suspend(licence=licence, by=world.alice.pk, reason="a doubt")
    text = client.get(f"{page}/seal").content.decode()
    assert "that licence says no" in text and "disabled>Seal it" in text
    assert f'<option value="{licence.public_id}" selected>' in client.get(page).content.decode(), "though it is suspended"
    client.post(f"{page}/licence", {"licence": ""})
    assert "data-upload" in client.get(page).content.decode()


def test_a_nonsense_licence_in_an_address_or_a_form_is_none(dataset: Dataset, licence: Licence, world: World) -> None:
    client = Client()
    client.force_login(world.bob)
    assert client.get("/en/datasets?licence=nonsense").status_code == 200
    client.post(f"/en/datasets/{dataset.public_id}/licence", {"licence": "lic_" + "0" * 32})
    assert Dataset.objects.get(pk=dataset.pk).licence is None
