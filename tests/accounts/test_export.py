"""Her data: all of it, and nobody else's."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.test import Client

from atelier.accounts.belongings import EXPORTERS
from atelier.accounts.export import document
from atelier.accounts.models import User
from atelier.checkout.models import Order
from atelier.licences.queries import database_now
from atelier.material import actions as material
from tests.world import World

pytestmark = pytest.mark.django_db
SHA = "0" * 64
# Rows that point to a person and are told inside another's, or hold nothing but secrets.
TOLD_INSIDE = {"Refund"}
SECRET = {"IdempotentAnswer", "LogEntry"}


def told(person: Any) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads(document(person))
    return whole


def test_every_table_that_points_to_a_person_is_told() -> None:
    pointing = {model.__name__ for model in apps.get_models() for field in model._meta.fields if field.related_model is User}
    known = {"EmailAddress", "Authenticator", "UserSession", "ApiToken", "Membership", "Licence", "Order", "Dataset"}
    known |= {"CustomModel", "Handover", "Invitation", "Seat", "Project", "Draft", "Quote", "Training", "Hook", "Clearance"}
    known |= {"Declaration", "Holder", "Leak", "Takedown", "Sweep"}
    assert pointing - known - TOLD_INSIDE - SECRET == set()
    names = {"account", "email_addresses", "two_step", "sessions", "tokens", "studios", "log", "licences", "orders", "payment_messages"}
    assert names | {
        "datasets",
        "models",
        "downloads",
        "projects",
        "drafts",
        "quotes",
        "trainings",
        "training_seconds",
        "webhooks",
        "seats",
    } <= set(EXPORTERS)


def test_it_holds_what_is_hers_and_nothing_of_others(world: World) -> None:
    licence, other = world.licence(), world.licence(holder=world.carol)
    dataset = material.open_dataset(owner=world.bob, name="Nuits")
    material.add(dataset=dataset, name="a.mp4", bytes=7, sha256=SHA, caption="a bar moves")
    bill: dict[str, Any] = {"amount": 4900, "currency": "EUR", "accepted_text": SHA, "language": "en", "pay_until": database_now()}
    order = Order.objects.create(buyer=world.bob, revision=licence.revision, session_key="k", **bill)
    whole = told(world.bob)
    assert whole["account"][0]["email"] == world.bob.email
    assert [row["id"] for row in whole["licences"]] == [licence.public_id]
    assert [row["id"] for row in whole["orders"]] == [order.public_id]
    assert whole["datasets"][0]["files"][0]["caption"] == "a bar moves"
    assert {row["what"] for row in whole["training_seconds"]} == {"licence.grant"}
    assert other.public_id not in json.dumps(whole) and world.carol.email not in json.dumps(whole)


def test_no_secret_is_in_it(world: World, client: Client) -> None:
    from atelier.accounts.actions import issue_token

    client.force_login(world.bob)
    client.get("/en/account")
    token, plain = issue_token(user=world.bob, name="cli", scopes=["read"], days=1)
    text = document(world.bob).decode()
    assert token.public_id in text and token.hint in text
    assert not [secret for secret in (plain, token.digest, client.session.session_key, world.bob.password) if secret and secret in text]


def test_the_page_gives_it_as_a_file_and_notes_it(world: World, client: Client) -> None:
    client.force_login(world.bob)
    answer = client.post("/en/account/data")
    assert answer["Content-Disposition"] == f'attachment; filename="atelier-{world.bob.public_id}.json"'
    assert [row["action"] for row in told(world.bob)["log"]] == ["account.export"]


def test_she_shows_again_who_she_is_before_it_is_given(world: World, client: Client) -> None:
    world.bob.set_password("lumen-atelier-demo")
    world.bob.save()
    client.force_login(world.bob)
    answer = client.post("/en/account/data")
    assert answer["Location"].startswith("/en/accounts/reauthenticate/")
    given = client.post(answer["Location"], {"password": "lumen-atelier-demo", "next": "/en/account/data"})
    assert json.loads(given.content)["account"][0]["id"] == world.bob.public_id
