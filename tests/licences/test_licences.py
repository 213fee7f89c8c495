"""A licence through the API: what its holder sees and may do, what its studio decides, and what nobody else finds."""

from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.core import mail
from django.db import connection

from atelier.audit.models import Entry
from atelier.catalog.models import BaseFile
from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.licences import actions, queries
from atelier.licences.models import Licence
from atelier.licences.tasks import tell_granted
from licensing.judge import Action
from tests.world import World, client_of

pytestmark = pytest.mark.django_db


def base_file(licence: Licence) -> BaseFile:
    key = f"bases/{uuid4()}/model_index.json"
    store.put_bytes(store.MODELS, key, b"{}")
    version = licence.revision.tier.offering.version
    return BaseFile.objects.create(version=version, path="model_index.json", key=key, bytes=2, sha256="0" * 64, complete=True)


def post(person: Any, licence: Licence, verb: str, **body: Any) -> Any:
    return client_of(person).post(f"/api/v1/licences/{licence.public_id}/{verb}", body, format="json")


def test_the_same_source_grants_one_licence(world: World) -> None:
    revision = world.tier().current
    one, other = (actions.grant(holder=world.bob, revision=revision, source="ord_1" + world.tag, accepted_text="") for _ in range(2))
    assert one == other
    assert queries.seconds_left(one) == 3600


def test_the_holder_and_the_studio_see_it_and_nobody_else(licence: Licence, world: World) -> None:
    address = f"/api/v1/licences/{licence.public_id}"
    for person in (world.bob, world.alice, world.dave):
        assert client_of(person).get(address).status_code == 200
    assert client_of(world.carol).get(address).status_code == 404
    assert client_of(world.carol).get("/api/v1/licences").json()["results"] == []
    assert client_of(world.carol).get("/api/v1/licences/lic_" + "0" * 32).json() == client_of(world.carol).get(address).json()


@pytest.mark.parametrize("verb", ["base-download", "suspend", "restore", "revoke"])
def test_somebody_elses_licence_is_not_found(licence: Licence, world: World, verb: str) -> None:
    assert post(world.carol, licence, verb, reason="mine").status_code == 404


@pytest.mark.parametrize("verb", ["suspend", "restore", "revoke"])
def test_neither_holder_nor_auditor_decide_about_it(licence: Licence, world: World, verb: str) -> None:
    assert [post(person, licence, verb, reason="x").json()["code"] for person in (world.bob, world.dave)] == ["role_too_low"] * 2


def test_the_studio_suspends_restores_and_revokes(licence: Licence, world: World) -> None:
    states = [post(world.alice, licence, verb, reason="because").json()["state"] for verb in ("suspend", "restore", "revoke")]
    assert states == ["suspended", "active", "revoked"]
    again = post(world.alice, licence, "restore", reason="sorry")
    assert (again.status_code, again.json()["code"]) == (409, "moved_meanwhile")
    told = Entry.objects.filter(subject=licence.public_id, actor=world.alice.id).order_by("id").values_list("action", flat=True)
    assert list(told) == ["licence.suspend", "licence.restore", "licence.revoke"]


def test_what_a_payment_suspended_a_studio_does_not_restore(licence: Licence, world: World) -> None:
    actions.stand(licence=licence, suspended=actions.DISPUTED)
    assert post(world.alice, licence, "restore", reason="kind").json()["code"] == "payment_open"


def test_a_payment_does_not_undo_what_a_studio_decided(licence: Licence, world: World) -> None:
    actions.suspend(licence=licence, reason="credits missing", by=world.alice.id)
    actions.stand(licence=licence)
    licence.refresh_from_db()
    assert (licence.state, licence.reason) == ("suspended", "credits missing")
    actions.stand(licence=licence, revoked=actions.REFUNDED)
    actions.stand(licence=licence)
    licence.refresh_from_db()
    assert licence.state == "revoked"


def test_its_holder_downloads_the_base_when_the_terms_grant_it(world: World) -> None:
    licence = world.licence(may_download_base=True)
    base_file(licence)
    answer = post(world.bob, licence, "base-download")
    assert answer.status_code == 200, answer.json()
    [link] = answer.json()
    assert link["path"] == "model_index.json"
    assert httpx.get(link["url"], trust_env=False).content == b"{}"
    assert Entry.objects.filter(action="licence.base_download", licence=licence.public_id, actor=world.bob.id).exists()
    assert not queries.untouched(Licence.objects.get(pk=licence.pk))


def test_a_studio_member_does_not_download_under_somebody_elses_licence(world: World) -> None:
    licence = world.licence(may_download_base=True)
    base_file(licence)
    assert post(world.dave, licence, "base-download").json()["code"] == "holder_only"


def test_a_tier_that_does_not_grant_the_base_names_the_clause(licence: Licence, world: World) -> None:
    answer = post(world.bob, licence, "base-download")
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (409, "TIER_FORBIDS_BASE_DOWNLOAD", "may_download_base")
    assert not Entry.objects.filter(action="licence.base_download", licence=licence.public_id).exists()


@pytest.mark.parametrize(("verb", "code"), [("suspend", "SUSPENDED"), ("revoke", "REVOKED")])
def test_a_licence_that_does_not_stand_downloads_nothing(world: World, verb: str, code: str) -> None:
    licence = world.licence(may_download_base=True)
    base_file(licence)
    getattr(actions, verb)(licence=licence, reason="test")
    answer = post(world.bob, licence, "base-download")
    assert (answer.status_code, answer.json()["code"]) == (409, code)


def test_a_licence_that_has_ended_refuses_with_its_clause(world: World) -> None:
    licence = world.licence(may_download_base=True, period_days=1)
    base_file(licence)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE licences_licence SET granted_at = now() - interval '2 days', expires_at = now() - interval '1 second'")
    answer = post(world.bob, licence, "base-download").json()
    assert (answer["code"], answer["clause"]) == ("EXPIRED", "period_days")


def test_a_licence_without_a_period_does_not_end(world: World) -> None:
    assert world.licence(period_days=None).expires_at is None


def test_a_base_that_learned_from_an_excluded_title_is_refused_by_its_name(world: World) -> None:
    licence = world.licence(may_download_base=True, titles_excluded=["la nuit CLAIRE"])
    with pytest.raises(Refused) as refused:
        queries.permit(licence, Action.DOWNLOAD_BASE, world.bob)
    assert refused.value.code == "TITLE_EXCLUDED"


def test_a_store_that_is_away_is_said_so_and_counts_as_no_download(world: World) -> None:
    licence = world.licence(may_download_base=True)
    base_file(licence)
    BaseFile.objects.update(key=f"gone/{uuid4()}")
    assert post(world.bob, licence, "base-download").json()["code"] == "object_missing"
    assert queries.untouched(Licence.objects.get(pk=licence.pk))


@pytest.mark.parametrize(
    ("language", "word"), [("en", "Training time included: 1\u00a0h"), ("fr", "Temps d’entraînement compris\u00a0: 1\u00a0h")]
)
def test_the_holder_is_told_in_her_language(licence: Licence, world: World, language: str, word: str) -> None:
    world.bob.language = language
    world.bob.save()
    tell_granted(str(licence.id))
    message = mail.outbox[-1]
    assert message.to == [world.bob.email]
    assert word in message.body
    assert licence.public_id in message.body


def test_a_name_of_two_lines_is_one_line_in_a_subject(licence: Licence) -> None:
    offering = licence.revision.tier.offering
    type(offering).objects.filter(pk=offering.pk).update(name="Lumen\rBcc: everybody@example.org")
    tell_granted(str(licence.id))
    assert "Lumen Bcc: everybody@example.org" in mail.outbox[-1].subject


def test_a_studio_that_saw_an_earlier_suspension_does_not_end_that_of_a_payment(licence: Licence, world: World) -> None:
    actions.suspend(licence=licence, reason="credits missing", by=world.alice.id)
    seen = Licence.objects.get(pk=licence.pk)
    actions.restore(licence=licence, reason="credits are there", by=world.alice.id)
    actions.stand(licence=licence, suspended=actions.DISPUTED)
    with pytest.raises(Refused, match="payment_open"):
        actions.restore(licence=seen, reason="credits are there", by=world.alice.id)
