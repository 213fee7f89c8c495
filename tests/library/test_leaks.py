"""Copies that are handed over again carry a mark; the desk says which copy a file came from, and what that does not prove."""

import io
from functools import reduce
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from atelier.kit.refused import Refused
from atelier.library import leaks, marks
from atelier.library.models import CustomModel, Fingerprint, Handover, Leak, Outcome
from atelier.licences import signing
from atelier.licences.queries import database_now
from licensing import tensors
from licensing.verify import Question, verify
from tests.world import World, client_of, run_outbox, two_step

from .adapters import FACTS, drawn, read, written
from .files import PATH, USE, published


@pytest.fixture
def model(world: World) -> CustomModel:
    world.version.facts = FACTS
    world.version.save()
    return published(world, weights=written(drawn()))


def taken(world: World, model: CustomModel, n: int) -> tuple[Handover, bytes]:
    """A copy of its own: the declared use is another each time."""
    CustomModel.objects.filter(pk=model.pk).update(use={**USE, "media": ["web", "social", "festival"][: n % 3 + 1], "commercial": n > 2})
    answer = client_of(world.bob).post(f"/api/v1/models/{model.public_id}/handovers", {"file": PATH}, format="json")
    run_outbox()
    found = client_of(world.bob).get(f"/api/v1/handovers/{answer.json()['id']}").json()
    handover = Handover.objects.get(pk=Handover.parse_id(answer.json()["id"]))
    return handover, httpx.get(found["link"]["url"]).content


def test_the_first_copy_goes_out_as_it_was_made_and_each_later_one_is_marked(world: World, model: CustomModel) -> None:
    (_, first), (handover, again) = taken(world, model, 0), taken(world, model, 1)
    assert tensors.digest(io.BytesIO(first)) == tensors.digest(io.BytesIO(written(drawn())))
    assert tensors.digest(io.BytesIO(again)) == Outcome.objects.get(handover=handover).tensors != tensors.digest(io.BytesIO(first))
    result = verify(io.BytesIO(again), Question(root=signing.keys().root, at=database_now()))
    assert result and result.certificate is not None
    mark = Fingerprint.objects.get()
    assert (result.certificate.fingerprint, mark.handover, mark.layers) == (mark.public_id, handover, len(FACTS["layers"]))
    before, after = read(first), read(again)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[name], after[name]) for name in before if name.endswith("alpha"))
    for name in (name.removesuffix(".alpha") for name in before if name.endswith("alpha")):
        products = [held[f"{name}.lora_up.weight"] @ held[f"{name}.lora_down.weight"] for held in (before, after)]
        assert 0.001 < np.linalg.norm(products[0] - products[1]) / np.linalg.norm(products[0]) < 0.05


def test_a_file_that_turns_up_is_known_as_the_copy_it_is_after_a_cast_and_in_another_layout(
    world: World, model: CustomModel, tmp_path: Path
) -> None:
    copies = [taken(world, model, n) for n in range(4)]
    assert leaks.counted() == {"copies": 3, "models": 1}
    culprit, data = copies[2]
    renamed = {"diffusion_model.": "", "lora_up": "lora_B", "lora_down": "lora_A"}
    leaked = {reduce(lambda name, old: name.replace(old, renamed[old]), renamed, name): each for name, each in read(data).items()}
    (tmp_path / "leak").write_bytes(written({name: each.astype(np.float16) for name, each in leaked.items()}))
    best, *rest = leaks.trace(tmp_path / "leak")
    assert (best.handover, best.layers, best.known) == (culprit.public_id, len(FACTS["layers"]), len(FACTS["layers"]))
    assert best.score > 10 > leaks.SURE > max(each.score for each in rest)
    assert leaks.chance(best.score, 3) < 1e-9 and leaks.chance(rest[0].score, 3) > 1e-3


def test_an_innocent_file_and_the_unmarked_original_accuse_nobody(world: World, model: CustomModel, tmp_path: Path) -> None:
    (_, first), *_ = [taken(world, model, n) for n in range(4)]
    for name, data in (("first", first), ("other", written(drawn(5)))):
        (tmp_path / name).write_bytes(data)
        found = leaks.trace(tmp_path / name)
        assert len(found) == 3 and all(each.score < leaks.SURE for each in found)


def test_two_models_do_not_have_the_same_secret_and_another_key_finds_nothing(world: World, model: CustomModel, settings: Any) -> None:
    taken(world, model, 0)
    handover, _ = taken(world, model, 1)
    artifact, other = handover.artifact, published(world).artifacts.get(path=PATH)
    key, key_id = marks.secret(artifact), marks.key_id()
    assert len(key) == 32 and key != marks.secret(other)
    settings.FINGERPRINT_KEY = "another"
    assert marks.secret(artifact) != key and marks.key_id() != key_id


def test_a_mark_is_written_once(world: World, model: CustomModel) -> None:
    taken(world, model, 0), taken(world, model, 1)
    with pytest.raises(IntegrityError, match="only grows"), transaction.atomic():
        Fingerprint.objects.update(layers=0)


def test_the_desk_ranks_the_copies_with_the_bound_and_with_what_is_not_proven(world: World, model: CustomModel) -> None:
    (_, _), (handover, data) = taken(world, model, 0), taken(world, model, 1)
    staff = two_step(world.person("staff", is_staff=True))
    desk = client_of(staff)
    answer = desk.post("/en/desk/leaks", {"file": SimpleUploadedFile("leak.safetensors", data)}, format="multipart")
    assert answer.status_code == 302
    assert "every 2s" in desk.get(answer["Location"]).content.decode()
    run_outbox()
    page = desk.get(answer["Location"]).content.decode()
    assert handover.public_id in page and "this one" in page and "not a person" in page
    row = Leak.objects.get()
    assert (row.state, row.done, row.total, row.asked) == ("done", 1, 1, 1)
    assert row.name in desk.get("/en/desk/leaks").content.decode()


def test_the_desk_says_what_is_no_adapter_and_asks_for_one_file(world: World, model: CustomModel) -> None:
    taken(world, model, 0), taken(world, model, 1)
    desk = client_of(two_step(world.person("staff", is_staff=True)))
    answer = desk.post("/en/desk/leaks", {"file": SimpleUploadedFile("x.zip", b"PK\3\4 a zip")}, format="multipart")
    run_outbox()
    assert "not a safetensors file" in desk.get(answer["Location"]).content.decode()
    for typed in ({}, {"key": "nowhere/at/all"}):
        assert desk.post("/en/desk/leaks", typed, format="multipart").status_code == 422


def test_the_command_tells_the_same(world: World, model: CustomModel, tmp_path: Path, capsys: Any) -> None:
    (_, _), (handover, data) = taken(world, model, 0), taken(world, model, 1)
    (tmp_path / "leak").write_bytes(data)
    call_command("trace", tmp_path / "leak")
    said = capsys.readouterr().out
    assert handover.public_id in said and "not a person" in said and "1 copies asked about" in said
    (tmp_path / "odd").write_bytes(b"no")
    with pytest.raises(CommandError, match="not a safetensors file"):
        call_command("trace", tmp_path / "odd")


def test_without_its_decomposition_a_file_cannot_be_compared(world: World, model: CustomModel) -> None:
    with pytest.raises(Refused, match="object_missing"):
        marks.host(model.artifacts.get(path=PATH))
