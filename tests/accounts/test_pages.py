"""The account's pages: who she is, her tokens shown once, her data, and what comes back after the session ended."""

import json
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from atelier.accounts import actions
from atelier.accounts.models import ApiToken
from tests.world import World, two_step

pytestmark = pytest.mark.django_db
PAGES = ("account", "account/tokens", "account/data", "account/delete")


@pytest.fixture
def bob(world: World, client: Client) -> Any:
    client.force_login(world.bob)
    return world.bob


def issue(client: Client, **changes: Any) -> Any:
    return client.post("/en/account/tokens", {"name": "render farm", "scopes": ["read", "train"], "days": 30, **changes})


@pytest.mark.parametrize("prefix", ["/", "/en/"])
def test_every_page_answers_in_both_languages_and_only_to_who_is_signed_in(world: World, client: Client, prefix: str) -> None:
    for page in PAGES:
        assert client.get(prefix + page)["Location"].startswith(f"{prefix}accounts/login/?next=")
    client.force_login(world.bob)
    for page in PAGES:
        answer = client.get(prefix + page)
        assert answer.status_code == 200 and f'lang="{"en" if "en" in prefix else "fr"}"' in answer.content.decode()


def test_choosing_a_language_leads_to_the_page_in_that_language(client: Client, bob: Any) -> None:
    answer = client.post("/en/account", {"name": "Bob le Bricoleur", "language": "fr"})
    assert (answer.status_code, answer["Location"]) == (302, "/account")
    bob.refresh_from_db()
    assert (bob.name, bob.language) == ("Bob le Bricoleur", "fr")
    assert "Bob le Bricoleur" in client.get("/account").content.decode()


def test_a_language_that_we_do_not_speak_is_refused_with_the_name_still_there(client: Client, bob: Any) -> None:
    answer = client.post("/en/account", {"name": "Roberta", "language": "xx"})
    assert answer.status_code == 422 and "Roberta" in answer.content.decode()


def test_what_was_typed_when_the_session_ended_is_there_after_signing_in(world: World, client: Client) -> None:
    answer = client.post("/en/account", {"name": "Roberta", "language": "en"}, headers={"Referer": "http://testserver/en/account"})
    assert answer["Location"] == "/en/accounts/login/?next=/en/account"
    session = client.session["kept_form"]
    client.force_login(world.bob)
    kept = client.session
    kept["kept_form"] = session
    kept.save()
    assert "Roberta" in client.get("/en/account").content.decode()


def test_a_name_of_200_arabic_signs_stands_as_it_was_typed(client: Client, bob: Any) -> None:
    name = "مجموعة لقطات الفيلم " * 10
    client.post("/en/account", {"name": name, "language": "en"})
    assert f'dir="auto">{name.strip()}<' in client.get("/en/account").content.decode()


def test_a_token_is_shown_once_and_works(client: Client, bob: Any) -> None:
    answer = issue(client)
    assert answer.status_code == 302
    shown = client.get("/en/account/tokens")
    [plain] = [
        word for word in shown.content.decode().replace("<", " ").replace(">", " ").split() if word.startswith("atl_") and len(word) == 50
    ]
    assert "no-store" in shown["Cache-Control"]
    assert plain not in client.get("/en/account/tokens").content.decode()
    assert APIClient(headers={"Authorization": f"Bearer {plain}"}).get("/api/v1/me").json()["id"] == bob.public_id


def test_no_copy_of_a_fresh_token_stays_with_us(client: Client, bob: Any) -> None:
    answer = issue(client)
    plain = answer.cookies["fresh_token"].value
    assert plain.startswith("atl_") and answer.cookies["fresh_token"]["httponly"]
    assert plain not in json.dumps(dict(client.session.items()), default=str)


def test_a_cookie_with_a_token_of_somebody_else_shows_nothing(world: World, client: Client, bob: Any) -> None:
    _, plain = actions.issue_token(user=world.carol, name="hers", scopes=["read"], days=1)
    client.cookies["fresh_token"] = plain
    assert plain not in client.get("/en/account/tokens").content.decode()


@pytest.mark.parametrize("wrong", [{"scopes": []}, {"scopes": ["root"]}, {"days": 0}, {"days": 366}, {"days": ""}, {"name": ""}])
def test_an_odd_token_is_refused_and_what_was_typed_is_still_there(client: Client, bob: Any, wrong: dict[str, Any]) -> None:
    answer = issue(client, **wrong)
    assert answer.status_code == 422 and not ApiToken.objects.filter(user=bob).exists()
    assert "name" in wrong or 'value="render farm"' in answer.content.decode()


def test_revoking_asks_first_and_then_refuses_the_program(client: Client, bob: Any) -> None:
    token, plain = actions.issue_token(user=bob, name="laptop", scopes=["read"], days=1)
    page = f"/en/account/tokens/{token.public_id}/revoke"
    assert "laptop" in client.get(page).content.decode()
    assert client.post(page)["Location"] == "/en/account/tokens"
    assert APIClient(headers={"Authorization": f"Bearer {plain}"}).get("/api/v1/me").status_code == 401
    assert client.get(page).status_code == 404


def test_another_person_s_token_is_not_there_to_be_revoked(world: World, client: Client, bob: Any) -> None:
    token, _ = actions.issue_token(user=world.carol, name="hers", scopes=["read"], days=1)
    page = f"/en/account/tokens/{token.public_id}/revoke"
    assert (client.get(page).status_code, client.post(page).status_code) == (404, 404)
    token.refresh_from_db()
    assert token.revoked_at is None


def test_the_overview_says_how_the_account_is_protected(world: World, client: Client, bob: Any) -> None:
    assert "Password only" in client.get("/en/account").content.decode()
    two_step(bob)
    assert "Two steps" in client.get("/en/account").content.decode()
