"""Closing an account: what names her goes, the books stay, and the address may sign up anew."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from atelier.accounts import actions, closing
from atelier.accounts.models import ApiToken, Membership, Role, User
from atelier.accounts.tasks import forget_sessions
from atelier.audit.models import Entry
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.library.models import CustomModel
from atelier.licences.models import Licence
from atelier.material.models import Dataset
from tests.api.tenancy.rows import asked, finished, sealed
from tests.world import World, join, run_outbox, two_step

pytestmark = pytest.mark.django_db


def close_on_page(client: Client, typed: str) -> Any:
    return client.post("/en/account/delete", {"typed": typed})


def test_what_names_her_goes_and_what_the_books_need_stays(world: World, client: Client) -> None:
    bob, licence = two_step(world.bob), world.licence()
    address = bob.email
    EmailAddress.objects.create(user=bob, email=address, verified=True, primary=True)
    actions.issue_token(user=bob, name="cli", scopes=["read"], days=1)
    closing.close(user=bob)
    bob.refresh_from_db()
    assert (bob.name, bob.is_active, bob.has_usable_password(), bob.closed_at is not None) == ("", False, False, True)
    assert not User.objects.filter(email=address).exists()
    for model in (EmailAddress, Authenticator, UserSession, ApiToken):
        assert not model.objects.filter(user=bob).exists()
    assert Licence.objects.get(pk=licence.pk).holder_id == bob.pk
    assert Entry.objects.filter(actor=bob.pk, action="account.close").exists()


def test_every_session_of_hers_ends(world: World) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(world.bob)
        client.get("/en/account")
    answer = close_on_page(here, world.bob.email)
    assert answer["Location"] == "/en/account/closed"
    assert here.get("/en/account/closed").status_code == 200
    for client in (here, there):
        assert client.get("/en/account").status_code == 302


def test_sessions_that_are_over_are_forgotten(world: World) -> None:
    here, there = Client(), Client()
    for client in (here, there):
        client.force_login(world.bob)
    old, new = (client.session.session_key for client in (here, there))
    Session.objects.filter(pk=old).update(expire_date=timezone.now() - timedelta(seconds=1))
    forget_sessions()
    assert list(Session.objects.filter(pk__in=(old, new)).values_list("pk", flat=True)) == [new]


def test_her_address_may_sign_up_anew(world: World, client: Client) -> None:
    address = world.bob.email
    closing.close(user=world.bob)
    answer = client.post("/en/accounts/signup/", {"email": address, "password1": "lumen-atelier-demo"})
    assert answer.status_code == 302 and User.objects.get(email=address).pk != world.bob.pk


def test_files_of_datasets_and_models_are_deleted_and_downloaded_copies_stay_good(world: World) -> None:
    from atelier.licences.models import RevokedModel

    dataset, model = sealed(world.bob), finished(world.bob, world.licence())
    keys = [(store.MATERIAL, asset.clean_key) for asset in dataset.assets.all()] + [(store.MODELS, model.artifacts.get().key)]
    closing.close(user=world.bob)
    run_outbox()
    for where, key in keys:
        with pytest.raises(Refused, match="object_missing"):
            store.size(where, key)
    assert Dataset.objects.get(pk=dataset.pk).state == "withdrawn"
    assert CustomModel.objects.get(pk=model.pk).state == "withdrawn"
    assert not RevokedModel.objects.exists()


def test_it_waits_for_a_training_that_runs(world: World, client: Client) -> None:
    from dataclasses import asdict

    from atelier.trainings import actions as trainings
    from finetune.families import layout
    from tests.api.tenancy.rows import BASE, USE

    world.version.facts = asdict(layout("wan").facts(BASE))
    world.version.save()
    project = trainings.declare(owner=world.bob, name="Short", **USE)
    trainings.start(quote=asked(world.bob, world.licence(), sealed(world.bob), project), by=world.bob)
    with pytest.raises(Refused, match="training_runs"):
        closing.close(user=world.bob)
    client.force_login(world.bob)
    page = client.get("/en/account/delete").content.decode()
    assert "Neon" in page and 'name="typed"' not in page
    assert close_on_page(client, world.bob.email).status_code == 409
    assert User.objects.get(pk=world.bob.pk).is_active


def test_the_last_owner_of_a_studio_hands_it_over_first(world: World, studio: Any, alice: Any) -> None:
    with pytest.raises(Refused, match="last_owner"):
        closing.close(user=alice)
    join(studio, world.bob, Role.OWNER)
    closing.close(user=alice)
    assert [row.user_id for row in Membership.objects.filter(studio=studio)] == [world.bob.pk]


@pytest.mark.parametrize("typed", ["", "yes", "somebody@example.org"])
def test_another_address_closes_nothing(world: World, client: Client, typed: str) -> None:
    client.force_login(world.bob)
    assert close_on_page(client, typed).status_code == 422
    assert User.objects.get(pk=world.bob.pk).is_active


def test_she_shows_again_who_she_is_first(world: World, client: Client) -> None:
    world.bob.set_password("lumen-atelier-demo")
    world.bob.save()
    client.force_login(world.bob)
    answer = close_on_page(client, world.bob.email.upper())
    assert answer["Location"].startswith("/en/accounts/reauthenticate/")
    assert User.objects.get(pk=world.bob.pk).is_active
    done = client.post(answer["Location"], {"password": "lumen-atelier-demo", "next": "/en/account/delete"})
    assert done["Location"] == "/en/account/closed"
    assert not User.objects.get(pk=world.bob.pk).is_active
    assert client.get("/en/account").status_code == 302
