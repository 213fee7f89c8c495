"""What a model is for is declared anew only forward: copies of before keep what they say."""

import io
from typing import Any

import httpx
import pytest
from django.db import IntegrityError, transaction

from atelier.audit.models import Entry
from atelier.library import actions
from atelier.library.models import CustomModel, Declaration, Handover
from atelier.licences import signing
from atelier.licences.queries import database_now
from licensing.verify import Question, verify
from tests.world import World, client_of, run_outbox

from .files import PATH, USE, published

SOCIAL = {**USE, "media": ["social"]}


@pytest.fixture
def model(world: World) -> CustomModel:
    return published(world)


def certified(world: World, model: CustomModel) -> tuple[str, Any]:
    """The id of a copy, and the use that its certificate names."""
    client = client_of(world.bob)
    handover = client.post(f"/api/v1/models/{model.public_id}/handovers", {"file": PATH}, format="json").json()["id"]
    run_outbox()
    data = httpx.get(client.get(f"/api/v1/handovers/{handover}").json()["link"]["url"]).content
    known = verify(io.BytesIO(data), Question(root=signing.keys().root, at=database_now())).certificate
    assert known is not None
    return handover, known.use


def declare(world: World, model: CustomModel, use: dict[str, Any]) -> Any:
    return client_of(world.bob).post(f"/api/v1/models/{model.public_id}/use", use, format="json")


def test_a_new_declaration_counts_for_copies_from_then_on_and_changes_none_of_before(world: World, model: CustomModel) -> None:
    first, before = certified(world, model)
    assert declare(world, model, SOCIAL).json()["use"] == SOCIAL
    second, after = certified(world, model)
    assert (first != second, before.media, after.media) == (True, ("web",), ("social",))
    assert [row.use for row in Handover.objects.order_by("pk")] == [USE, SOCIAL]
    assert list(model.declarations.values_list("number", "use")) == [(1, USE), (2, SOCIAL)]
    assert Entry.objects.get(action="model.declare").detail["use"] == SOCIAL


def test_the_same_again_is_no_new_declaration(world: World, model: CustomModel) -> None:
    for _ in range(2):
        assert declare(world, model, SOCIAL).status_code == 200
    assert model.declarations.count() == 2


def test_what_the_licence_does_not_grant_is_refused_with_its_clause_and_the_page_keeps_what_was_typed(
    world: World, model: CustomModel
) -> None:
    answer = declare(world, model, {**USE, "stage": "release"})
    assert (answer.status_code, answer.json()["code"], answer.json()["clause"]) == (409, "STAGE_NOT_GRANTED", "stages")
    page = client_of(world.bob).post(f"/en/models/{model.public_id}/use", {**USE, "stage": "release", "commercial": ""})
    assert page.status_code == 422
    assert '<option value="release" selected>' in page.content.decode()
    assert model.declarations.count() == 1


def test_a_model_that_was_withdrawn_is_declared_for_nothing(world: World, model: CustomModel) -> None:
    actions.withdraw(model=model, by=None, reason="x")
    assert declare(world, model, SOCIAL).status_code == 410


def test_a_declaration_is_written_once(world: World, model: CustomModel) -> None:
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        Declaration.objects.update(use=SOCIAL)


def test_on_the_page_it_is_declared_in_words(world: World, model: CustomModel) -> None:
    client = client_of(world.bob)
    assert client.post(f"/models/{model.public_id}/use", {**SOCIAL, "commercial": "on"}).status_code == 302
    model.refresh_from_db()
    assert model.use == {**SOCIAL, "commercial": True}
    for language in ("", "/en"):
        assert client.get(f"{language}/models/{model.public_id}").status_code == 200
