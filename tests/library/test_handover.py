"""A download asks the rules again, leaves a trace, and lives half a minute."""

import hashlib
import io
from typing import Any

import httpx
import pytest
from django.db import IntegrityError, transaction

from atelier.audit.models import Entry
from atelier.kit import store
from atelier.kit.models import Message
from atelier.library import actions, stamping
from atelier.library.models import Artifact, CustomModel, Handover, Outcome
from atelier.licences import signing
from atelier.licences.actions import restore, revoke, suspend
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from licensing import tensors
from licensing.findings import Finding
from licensing.verify import Question, Result, verify
from tests.world import World, client_of, run_outbox

from .files import PATH, SHEET, USE, WEIGHTS, published, safetensors


def ask(person: Any, model: CustomModel, path: str = PATH) -> Any:
    return client_of(person).post(f"/api/v1/models/{model.public_id}/handovers", {"file": path}, format="json")


def look(person: Any, handover: str) -> Any:
    return client_of(person).get(f"/api/v1/handovers/{handover}")


def taken(world: World, model: CustomModel) -> bytes:
    """What bob downloads."""
    handover = ask(world.bob, model).json()["id"]
    run_outbox()
    return httpx.get(look(world.bob, handover).json()["link"]["url"]).content


def verified(data: bytes, **question: Any) -> Result:
    return verify(io.BytesIO(data), Question(root=signing.keys().root, at=database_now(), **question))


def test_weights_come_in_two_steps_and_leave_a_trace(world: World) -> None:
    model = published(world)
    answer = ask(world.bob, model)
    assert answer.status_code == 202
    assert (answer.json()["state"], answer.json()["link"]) == ("preparing", None)
    handover = answer.json()["id"]
    assert look(world.bob, handover).json()["state"] == "preparing"
    run_outbox()
    ready = look(world.bob, handover).json()
    assert (ready["state"], ready["problem"], ready["licensee"]) == ("ready", None, model.licence.number)
    got = httpx.get(ready["link"]["url"])
    assert hashlib.sha256(got.content).hexdigest() == ready["link"]["sha256"]
    assert len(got.content) == ready["link"]["bytes"]
    assert got.headers["content-disposition"] == f"attachment; filename*=UTF-8''{model.public_id}-comfyui.safetensors"
    assert "X-Amz-Expires=30&" in ready["link"]["url"]
    trace = list(Entry.objects.filter(licence=model.licence.public_id, action__in=TRACE).order_by("at").values_list("action", flat=True))
    assert trace == list(TRACE)


TRACE = ("model.hand_over", "model.certify", "model.link")


def test_the_copy_has_the_tensors_of_the_original_and_a_certificate_that_verifies(world: World) -> None:
    model = published(world)
    copy = taken(world, model)
    assert tensors.digest(io.BytesIO(copy)) == tensors.digest(io.BytesIO(WEIGHTS))
    assert copy.endswith(WEIGHTS[-24:])
    result = verified(copy, licensee=model.licence.number)
    assert result.finding is Finding.OK and result.certificate is not None
    known, row = result.certificate, Handover.objects.get(artifact__model=model)
    assert (known.id, known.licence, known.terms) == (row.public_id, model.licence.public_id, model.licence.terms)
    assert (known.dataset, known.layout, known.ends_at) == (model.dataset_root, "comfyui", model.licence.expires_at.replace(microsecond=0))
    assert known.use is not None and known.use.stage == USE["stage"]
    assert known.training == "sha256:" + hashlib.sha256(b"{}").hexdigest()


def test_a_copy_with_a_changed_tensor_or_of_somebody_else_is_found_out(world: World) -> None:
    model = published(world)
    copy = taken(world, model)
    assert verified(copy[:-1] + bytes([copy[-1] ^ 1])).finding is Finding.TAMPERED
    other = taken(world, published(world, weights=safetensors(7)))
    assert verified(copy[:-24] + other[-24:]).finding is Finding.TAMPERED
    assert verified(copy, licensee=model.licence.number + 1).finding is Finding.WRONG_LICENSEE


def test_no_two_licences_have_the_same_number(world: World) -> None:
    assert len({Licence.objects.get(pk=world.licence().pk).number for _ in range(3)}) == 3


def test_the_same_wish_again_gives_the_same_copy_and_another_note(world: World) -> None:
    model = published(world)
    first = ask(world.bob, model).json()["id"]
    assert ask(world.bob, model).json()["id"] == first
    run_outbox()
    again = ask(world.bob, model).json()
    assert (again["id"], again["state"]) == (first, "ready")
    assert Handover.objects.filter(artifact__model=model).count() == 1
    assert Entry.objects.filter(action="model.hand_over", subject=model.public_id).count() == 3


@pytest.mark.parametrize("change", ["use", "end", "key"])
def test_a_copy_whose_certificate_would_say_something_else_now_is_not_given_again(world: World, change: str) -> None:
    model = published(world)
    first = ask(world.bob, model).json()["id"]
    if change == "key":
        handover = Handover.objects.get(artifact__model=model)
        Outcome.objects.create(handover=handover, key="x", sha256="0" * 64, bytes=1, tensors="sha256:" + "0" * 64, signed_by="f" * 64)
    run_outbox()
    if change == "use":
        CustomModel.objects.filter(pk=model.pk).update(use={**USE, "commercial": True})
    if change == "end":
        Licence.objects.filter(pk=model.licence_id).update(expires_at=None)
    assert ask(world.bob, model).json()["id"] != first


def test_a_store_that_is_away_while_stamping_leaves_it_preparing_and_it_is_tried_again(world: World, settings: Any) -> None:
    model = published(world)
    handover = ask(world.bob, model).json()["id"]
    there = settings.S3
    settings.S3 = {**there, "endpoint_url": "http://127.0.0.1:9"}
    with pytest.raises(Exception, match="store_unavailable"):
        run_outbox()
    message = Message.objects.get(name="library.stamp", args__handover=str(Handover.objects.get(artifact__model=model).pk))
    assert (message.done_at, message.failed_at, message.attempts) == (None, None, 1)
    assert look(world.bob, handover).json()["state"] == "preparing"
    settings.S3 = there
    run_outbox()
    assert look(world.bob, handover).json()["state"] == "ready"


def test_a_file_that_is_no_safetensors_file_or_was_altered_fails_with_a_sentence(world: World) -> None:
    broken, altered = published(world, weights=b"no weights at all"), published(world)
    store.put_bytes(store.MODELS, altered.artifacts.get(path=PATH).key, safetensors(1))
    for model, code in ((broken, "not_stampable"), (altered, "object_altered")):
        handover = ask(world.bob, model).json()["id"]
        run_outbox()
        answer = look(world.bob, handover).json()
        assert (answer["state"], answer["problem"]["code"], answer["link"]) == ("failed", code, None)
        assert answer["problem"]["sentence"]


def test_a_copy_that_comes_back_changed_is_never_given_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    model = published(world)
    handover = ask(world.bob, model).json()["id"]
    put = store.put_file
    monkeypatch.setattr(store, "put_file", lambda where, key, path: (path.write_bytes(safetensors(9)), put(where, key, path)))
    with pytest.raises(stamping.NotVerified, match="stamped tensors"):
        run_outbox()
    assert look(world.bob, handover).json()["state"] == "preparing"


def test_what_is_taken_back_while_it_is_prepared_is_not_given(world: World) -> None:
    model = published(world)
    handover = ask(world.bob, model).json()["id"]
    suspend(licence=model.licence, reason="test")
    run_outbox()
    answer = look(world.bob, handover).json()
    assert (answer["state"], answer["problem"]["code"]) == ("failed", "SUSPENDED")
    restore(licence=model.licence, reason="test")
    assert ask(world.bob, model).json()["id"] != handover


def test_a_withdrawal_while_the_copy_is_stamped_wins(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    model = published(world)
    handover, prepare = ask(world.bob, model).json()["id"], stamping.prepare

    def overtaken(row: Handover) -> stamping.Copy:
        copy = prepare(row)
        actions.withdraw(model=CustomModel.objects.get(pk=model.pk), by=None, reason="takedown")
        return copy

    monkeypatch.setattr(stamping, "prepare", overtaken)
    run_outbox()
    assert look(world.bob, handover).json()["problem"]["code"] == "model_withdrawn"


def test_the_rules_are_asked_again_for_each_link(world: World) -> None:
    model = published(world)
    handover = ask(world.bob, model).json()["id"]
    run_outbox()
    suspend(licence=model.licence, reason="test")
    assert (look(world.bob, handover).status_code, look(world.bob, handover).json()["code"]) == (409, "SUSPENDED")
    restore(licence=model.licence, reason="test")
    assert look(world.bob, handover).json()["link"]
    actions.withdraw(model=model, by=None, reason="takedown")
    assert look(world.bob, handover).status_code == 410


def test_somebody_elses_handover_is_not_there(world: World) -> None:
    handover = ask(world.bob, published(world)).json()["id"]
    run_outbox()
    for person in (world.carol, world.alice, world.dave):
        assert look(person, handover).status_code == 404


def test_what_is_no_weights_is_linked_to_at_once(world: World) -> None:
    answer = ask(world.bob, published(world), SHEET)
    assert answer.status_code == 201
    assert httpx.get(answer.json()["url"]).content == b"sheet"


def test_a_tampered_link_opens_nothing(world: World) -> None:
    url = ask(world.bob, published(world), SHEET).json()["url"]
    assert httpx.get(url.replace("sheet.png?", "sheet.jpg?")).status_code == 403
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
        Artifact.objects.create(model=model, kind="weights", path=PATH, key="other", sha256="0" * 64, bytes=1)
