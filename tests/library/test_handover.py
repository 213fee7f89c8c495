"""A download asks the rules again, leaves a trace, and lives five minutes."""

import hashlib
from typing import Any
from uuid import uuid4

import httpx
import pytest
from django.db import IntegrityError, transaction

from atelier.audit.models import Entry
from atelier.kit import store
from atelier.library import actions
from atelier.library.actions import StoredFile
from atelier.library.models import Artifact, CustomModel, Handover
from atelier.licences.actions import revoke, suspend
from tests.world import World, client_of

USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
WEIGHTS = b"weights of a custom model"


def published(world: World, use: dict[str, Any] = USE, **terms: Any) -> CustomModel:
    key = f"test/{uuid4()}/comfyui.safetensors"
    store.put_bytes(store.MODELS, key, WEIGHTS)
    file = StoredFile("models/comfyui/x.safetensors", key, hashlib.sha256(WEIGHTS).hexdigest(), len(WEIGHTS), "weights", "comfyui")
    return actions.publish(
        owner=world.bob,
        licence=world.licence(**terms),
        training=uuid4(),
        dataset_root="sha256:" + "0" * 64,
        name="Neon",
        use=use,
        manifest={},
        files=[file],
    )


def ask(person: Any, model: CustomModel, path: str = "models/comfyui/x.safetensors") -> Any:
    return client_of(person).post(f"/api/v1/models/{model.public_id}/handovers", {"file": path}, format="json")


def test_the_link_gives_the_very_bytes_under_our_name_and_leaves_a_trace(world: World) -> None:
    model = published(world)
    answer = ask(world.bob, model)
    assert answer.status_code == 201
    got = httpx.get(answer.json()["url"])
    assert got.content == WEIGHTS
    assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{model.public_id}-comfyui.safetensors"
    assert Handover.objects.get(artifact__model=model).person == world.bob
    entry = Entry.objects.get(action="model.hand_over", subject=model.public_id)
    assert (entry.actor, entry.licence) == (world.bob.id, model.licence.public_id)
    assert "X-Amz-Expires=300" in answer.json()["url"]


def test_a_tampered_link_opens_nothing(world: World) -> None:
    url = ask(world.bob, published(world)).json()["url"]
    assert httpx.get(url.replace("comfyui.safetensors?", "diffusers.safetensors?")).status_code == 403
    assert httpx.get(url.split("?")[0]).status_code == 403


@pytest.mark.parametrize(("deed", "code"), [(revoke, "REVOKED"), (suspend, "SUSPENDED")])
def test_a_licence_taken_back_closes_the_download_at_the_next_request(world: World, deed: Any, code: str) -> None:
    model = published(world)
    deed(licence=model.licence, reason="test")
    answer = ask(world.bob, model)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert not Handover.objects.filter(artifact__model=model).exists()


def test_a_tier_without_downloads_and_a_use_beyond_the_terms_are_refused_with_the_clause(world: World) -> None:
    answer = ask(world.bob, published(world, may_download=False))
    assert (answer.json()["code"], answer.json()["clause"]) == ("TIER_FORBIDS_DOWNLOAD", "may_download")
    answer = ask(world.bob, published(world, use={**USE, "stage": "release"}))
    assert (answer.json()["code"], answer.json()["clause"]) == ("STAGE_NOT_GRANTED", "stages")


def test_strangers_studio_people_and_auditors_do_not_find_it(world: World) -> None:
    model = published(world)
    for person in (world.carol, world.alice, world.dave):
        assert ask(person, model).status_code == 404
        assert client_of(person).get(f"/api/v1/models/{model.public_id}").status_code == 404


def test_a_withdrawn_model_is_gone(world: World) -> None:
    model = published(world)
    actions.withdraw(model=model, by=None, reason="takedown")
    answer = ask(world.bob, model)
    assert (answer.status_code, answer.json()["code"]) == (410, "model_withdrawn")


def test_an_unknown_file_is_not_found(world: World) -> None:
    assert ask(world.bob, published(world), "../../etc/passwd").status_code == 404


def test_a_store_that_is_down_is_said_and_nothing_is_recorded(world: World, settings: Any) -> None:
    model = published(world)
    settings.S3 = {**settings.S3, "endpoint_url": "http://127.0.0.1:9"}
    answer = ask(world.bob, model)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert not Handover.objects.filter(artifact__model=model).exists()


def test_a_finished_file_cannot_be_replaced(world: World) -> None:
    model = published(world)
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        Artifact.objects.filter(model=model).update(sha256="0" * 64)
    with pytest.raises(IntegrityError), transaction.atomic():
        Artifact.objects.create(model=model, kind="weights", path="models/comfyui/x.safetensors", key="other", sha256="0" * 64, bytes=1)
