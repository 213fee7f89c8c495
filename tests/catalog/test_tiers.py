"""Offerings, tiers and their revisions, and what the public reads of them."""

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from rest_framework.test import APIClient

from atelier.catalog.models import BaseVersion, Tier, TierRevision
from atelier.catalog.states import VersionState
from licensing.text import licence_text
from tests.world import World, client_of

pytestmark = pytest.mark.django_db
FACTS = ("version", "grantor", "offering", "base_digest")


def asked(world: World, **changes: Any) -> dict[str, Any]:
    terms = {name: value for name, value in world.terms(**changes).items() if name not in FACTS or name in changes}
    return {"offering": world.offering.public_id, "name": "Middle", "terms": terms, "price": {"amount": 4900, "currency": "EUR"}}


def opened(world: World, **changes: Any) -> Any:
    return client_of(world.alice).post("/api/v1/tiers", asked(world, **changes), format="json")


def test_a_studio_offers_a_published_base_in_tiers_and_everybody_reads_them(world: World) -> None:
    client = client_of(world.alice)
    offering = client.post("/api/v1/offerings", {"version": world.version.public_id, "name": "Lumen"}, format="json").json()
    tier = client.post("/api/v1/tiers", {**asked(world), "offering": offering["id"]}, format="json").json()
    everything = APIClient().get("/api/v1/catalogue").json()["results"]
    [shown] = [row for row in everything if row["id"] == offering["id"]]
    assert shown["base"]["digest"] == world.version.digest
    assert [(row["id"], row["price"]) for row in shown["tiers"]] == [(tier["id"], {"amount": 4900, "currency": "EUR"})]
    read = APIClient().get(f"/api/v1/tiers/{tier['id']}?language=fr").json()
    assert read["revision"] == tier["revision"]["id"]
    assert read["text"] == licence_text(Tier.objects.get(pk=Tier.parse_id(tier["id"])).current.terms, "fr")
    assert read["may"] and read["may_not"]


def test_the_platform_says_who_grants_what_whatever_the_caller_claims(world: World) -> None:
    answer = opened(world, grantor="Somebody else", base_digest="sha256:" + "0" * 64)
    terms = answer.json()["revision"]["terms"]
    assert (terms["grantor"], terms["base_digest"], terms["offering"]) == (world.studio.name, world.version.digest, world.offering.name)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("training_seconds", -1),
        ("training_seconds", 1.5),
        ("seats", 0),
        ("stages", ["never"]),
        ("territories", ["XX"]),
        ("credit_line", "two\nlines"),
        ("may_train", "yes"),
        ("unknown", 1),
    ],
)
def test_terms_that_cannot_be_are_refused_naming_the_field(world: World, field: str, value: Any) -> None:
    body = opened(world, **{field: value}).json()
    assert (body["status"], body["code"], body["field"]) == (422, "bad_terms", field)


def test_a_missing_field_grants_nothing_and_is_named(world: World) -> None:
    wanted = asked(world)
    del wanted["terms"]["may_download"]
    assert client_of(world.alice).post("/api/v1/tiers", wanted, format="json").json()["field"] == "may_download"


@pytest.mark.parametrize(
    "price",
    [
        {"amount": -1, "currency": "EUR"},
        {"amount": 0, "currency": "EUR"},
        {"amount": 1.5, "currency": "EUR"},
        {"amount": 10**12, "currency": "EUR"},
        {"amount": 4900, "currency": "GBP"},
        4900,
        None,
    ],
)
def test_a_price_that_cannot_be_is_refused(world: World, price: Any) -> None:
    assert client_of(world.alice).post("/api/v1/tiers", {**asked(world), "price": price}, format="json").status_code == 422


def test_only_published_versions_can_be_offered(world: World) -> None:
    draft = BaseVersion.objects.create(base=world.version.base, version="2", family="wan", height=32, width=32, frames=9, fps=8)
    answer = client_of(world.alice).post("/api/v1/offerings", {"version": draft.public_id, "name": "Early"}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_published")


def test_a_revision_leaves_the_earlier_one_as_it_was(world: World) -> None:
    tier = opened(world).json()
    first = TierRevision.objects.get(pk=TierRevision.parse_id(tier["revision"]["id"]))
    change = {"terms": asked(world, max_steps=10)["terms"], "price": {"amount": 9900, "currency": "EUR"}}
    second = client_of(world.alice).post(f"/api/v1/tiers/{tier['id']}/revisions", change, format="json").json()
    assert (second["number"], second["price"]["amount"], second["terms"]["max_steps"]) == (2, 9900, 10)
    again = TierRevision.objects.get(pk=first.pk)
    assert (again.price_amount, again.terms, again.terms_id) == (4900, first.terms, first.terms_id)


@pytest.mark.parametrize(
    "change",
    ["UPDATE catalog_tierrevision SET price_amount = 1", "DELETE FROM catalog_tierrevision", "TRUNCATE catalog_tierrevision CASCADE"],
)
def test_the_database_refuses_to_change_a_revision(world: World, change: str) -> None:
    world.tier()
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change)


def test_a_closed_tier_leaves_the_catalogue_and_cannot_be_revised(world: World) -> None:
    tier = opened(world).json()
    client = client_of(world.alice)
    assert client.post(f"/api/v1/tiers/{tier['id']}/close").json()["open"] is False
    assert world.offering.public_id not in [row["id"] for row in APIClient().get("/api/v1/catalogue").json()["results"]]
    change = {"terms": asked(world)["terms"], "price": {"amount": 9900, "currency": "EUR"}}
    assert client.post(f"/api/v1/tiers/{tier['id']}/revisions", change, format="json").json()["code"] == "tier_closed"


def test_a_tier_of_a_base_that_is_not_published_is_not_there(world: World) -> None:
    tier = world.tier()
    BaseVersion.objects.filter(pk=world.version.pk).update(state=VersionState.WITHDRAWN)
    assert APIClient().get(f"/api/v1/tiers/{tier.public_id}").status_code == 404


def test_a_licence_text_exists_in_two_languages_only(world: World) -> None:
    answer = APIClient().get(f"/api/v1/tiers/{world.tier().public_id}?language=de")
    assert (answer.status_code, answer.json()["code"]) == (422, "unknown_language")


def test_a_stranger_finds_nothing_to_write_to_and_a_creator_no_studio(world: World) -> None:
    wanted, tier = asked(world), world.tier()
    stranger = client_of(world.carol)
    assert stranger.post("/api/v1/tiers", wanted, format="json").status_code == 404
    assert stranger.post(f"/api/v1/tiers/{tier.public_id}/close").status_code == 404
    assert client_of(world.dave).post(f"/api/v1/tiers/{tier.public_id}/close").json()["code"] == "role_too_low"
    assert APIClient().get("/api/v1/tiers").status_code == 401


def test_titles_belong_to_one_studio(world: World) -> None:
    client = client_of(world.alice)
    title = client.post("/api/v1/titles", {"studio": world.studio.public_id, "name": "La Nuit claire", "year": 2021}, format="json")
    assert title.status_code == 201
    assert [row["name"] for row in client.get("/api/v1/titles").json()["results"]] == ["La Nuit claire"]
    assert client_of(world.carol).get("/api/v1/titles").json()["results"] == []
