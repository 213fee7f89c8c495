"""What two laws ask of training data: every answer is made from rows, and what no row knows is told so."""

from datetime import date
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from atelier.catalog import rights
from atelier.catalog.models import BaseVersion
from tests.world import World

pytestmark = pytest.mark.django_db


def told(world: World, language: str = "en") -> Any:
    world.tier()
    answer = APIClient().get(f"/api/v1/catalogue/{world.offering.public_id}/disclosure?language={language}")
    assert answer.status_code == 200, answer.json()
    return answer.json()


def answers(part: dict[str, Any], law: str) -> dict[str, str]:
    return {item["asks"]: item["answer"] for item in part[law]}


def test_all_twelve_items_are_answered_and_nothing_is_guessed(world: World) -> None:
    [part] = told(world)["parts"]
    california = answers(part, "california")
    assert len(california) == 12 and all(california.values())
    for asked in ("Number of data points", "When it was collected", "First used in development", "Synthetic data"):
        assert california[asked] == "Not recorded."


def test_answers_follow_the_rows(world: World) -> None:
    version, title = world.version, world.version.titles.get()
    rights.clear(title=title, by=world.alice, state="cleared", basis="licensed", evidence="Secret contract 12.")
    her = rights.add_performer(studio=world.studio, by=world.alice, name="Ada Example", uses="Her face in films.", representation="union")
    rights.cast(title=title, performer=her, by=world.alice)
    rights.withdraw_performer(performer=her, by=world.alice)
    learned = {"data_points": 1200, "hours": 3.5, "collected_from": date(2024, 1, 1), "synthetic": False, "first_used_on": date(2024, 6, 1)}
    BaseVersion.objects.filter(pk=version.pk).update(**learned)
    whole = told(world)
    [part] = whole["parts"]
    california = answers(part, "california")
    assert "licensed to it: 1" in california["Sources or owners of the material"]
    assert california["Number of data points"] == "1,200 clips and stills. 3.5 hours of moving pictures."
    assert california["When it was collected"].endswith("still going on.")
    assert california["Synthetic data"] == "No."
    assert "Consent withdrawn: 1" in california["Personal information"]
    assert [row["basis"] for row in part["titles"]] == ["licensed"]
    assert "Secret" not in str(whole) and "Ada" not in str(whole)


def test_the_page_says_the_same_in_both_languages(world: World, client: Client) -> None:
    french = told(world, "fr")["parts"][0]
    assert answers(french, "california") != answers(told(world)["parts"][0], "california")
    for prefix in ("", "/en"):
        answer = client.get(f"{prefix}/catalogue/{world.offering.public_id}/disclosure")
        assert answer.status_code == 200
        assert "3111(a)(12)" in answer.content.decode() and "La Nuit claire" in answer.content.decode()


def test_what_is_not_on_sale_discloses_nothing(world: World) -> None:
    assert APIClient().get(f"/api/v1/catalogue/{world.offering.public_id}/disclosure").status_code == 404
