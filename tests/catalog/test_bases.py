"""How a base model comes in, and what is refused."""

import hashlib
import pickle
from pathlib import Path
from typing import Any

import httpx
import pytest

from atelier.catalog.tasks import digest_of
from finetune.manifest import directory_digest
from tests.world import World, client_of, run_outbox

from . import tiny

pytestmark = pytest.mark.django_db
WEIGHTS = "transformer/diffusion_pytorch_model.safetensors"


def test_a_studio_publishes_a_base_and_its_digest_is_that_of_the_directory(world: World, tmp_path: Path) -> None:
    files = tiny.directory()
    for path, content in files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    base = tiny.publish(world, files)
    assert (base["state"], base["problem"]) == ("published", "")
    assert base["digest"] == directory_digest(tmp_path)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (pickle.dumps({"a": 1}), "is not a safetensors file"),
        (tiny.safetensors()[:-1], "cut short"),
        (tiny.safetensors() + b"PK\x03\x04", "padded"),
    ],
    ids=["pickle", "cut", "polyglot"],
)
def test_a_file_that_is_not_what_it_says_refuses_the_base_by_name(world: World, content: bytes, why: str) -> None:
    base = tiny.publish(world, tiny.directory() | {WEIGHTS: content})
    assert base["state"] == "refused"
    assert base["problem"].startswith(WEIGHTS)
    assert why in base["problem"]


def test_a_pickle_named_json_is_refused(world: World) -> None:
    base = tiny.publish(world, tiny.directory(tokenizer__vocab_dot_json=pickle.dumps([1])))
    assert base["problem"].startswith("tokenizer/vocab.json holds a pickle")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("recipe_dot_json", b'{"native": {"surprise": 1}}'),
        ("recipe_dot_json", b'{"native": 5}'),
        ("recipe_dot_json", b"[" * 50_000),
        ("vae__config_dot_json", b'{"scale_factor_spatial": "x"}'),
        ("vae__config_dot_json", b'{"scale_factor_spatial": 1e999}'),
        ("model_index_dot_json", b'{"_class_name": "WanPipeline", "transformer_2": 5}'),
        ("model_index_dot_json", b'{"_class_name": "Another"}'),
        ("model_index_dot_json", b"not json"),
    ],
)
def test_a_configuration_that_makes_no_sense_refuses_the_base_with_a_sentence(world: World, name: str, content: bytes) -> None:
    base = tiny.publish(world, tiny.directory(**{name: content}))
    assert base["state"] == "refused"
    assert base["problem"].endswith(".")


def test_other_bytes_than_declared_are_refused(world: World) -> None:
    files = tiny.directory()
    base = tiny.publish(world, files, sent=files | {"transformer/config.json": b"[]"})
    assert base["problem"] == "transformer/config.json has another sha256 in the store than you declared. Send it again."


def test_a_refused_base_is_published_after_the_file_was_sent_again(world: World) -> None:
    files = tiny.directory()
    base = tiny.publish(world, files, sent=files | {"transformer/config.json": b"[]"})
    tiny.upload(world.alice, base["id"], {"transformer/config.json": b"{}"})
    client = client_of(world.alice)
    client.post(f"/api/v1/bases/{base['id']}/publish")
    run_outbox()
    assert client.get(f"/api/v1/bases/{base['id']}").json()["state"] == "published"


def test_files_of_a_published_base_can_no_longer_change(world: World) -> None:
    base = tiny.publish(world, tiny.directory())
    answer = client_of(world.alice).post(f"/api/v1/bases/{base['id']}/parts", {"path": WEIGHTS, "numbers": [1]}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "files_closed")


def test_it_is_not_published_before_every_file_has_arrived(world: World) -> None:
    client = client_of(world.alice)
    base = client.post("/api/v1/bases", tiny.described(world, tiny.directory()), format="json").json()
    answer = client.post(f"/api/v1/bases/{base['id']}/publish")
    assert (answer.status_code, answer.json()["code"]) == (409, "files_missing")


@pytest.mark.parametrize(
    "path",
    [
        "../up.json",
        "/etc/x.json",
        "a//b.json",
        "a\\b.json",
        "weights.bin",
        "weights.pt",
        "run.py",
        "a/.hidden.json",
        "a\u202eb.json",
        "x" * 200,
    ],
)
def test_a_path_that_could_harm_is_refused_by_name(world: World, path: str) -> None:
    answer = client_of(world.alice).post("/api/v1/bases", tiny.described(world, tiny.directory() | {path: b"{}"}), format="json")
    assert answer.status_code == 422


@pytest.mark.parametrize(("one", "other"), [("a.json", "A.json"), ("a.json", "a.json/b.json"), ("vae/config.json/x.json", "a.json")])
def test_two_paths_that_collide_on_a_disk_are_refused(world: World, one: str, other: str) -> None:
    answer = client_of(world.alice).post(
        "/api/v1/bases", tiny.described(world, tiny.directory() | {one: b"{}", other: b"{}"}), format="json"
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "file_not_taken")


def test_more_than_two_hundred_files_are_refused(world: World) -> None:
    many = {f"{number}.txt": b"x" for number in range(201)}
    assert client_of(world.alice).post("/api/v1/bases", tiny.described(world, many), format="json").status_code == 422


@pytest.mark.parametrize(
    "change", [{"height": True}, {"height": "32"}, {"fps": "NaN"}, {"frames": 0}, {"files": []}, {"name": "a\0b"}, {"titles": ["ttl_x"]}]
)
def test_a_base_that_makes_no_sense_is_refused(world: World, change: dict[str, Any]) -> None:
    answer = client_of(world.alice).post("/api/v1/bases", tiny.described(world, tiny.directory(), **change), format="json")
    assert answer.status_code in (404, 422)


def test_a_version_cannot_be_opened_twice(world: World) -> None:
    client, body = client_of(world.alice), tiny.described(world, tiny.directory())
    client.post("/api/v1/bases", body, format="json")
    assert client.post("/api/v1/bases", body, format="json").json()["code"] == "version_taken"


def test_a_base_of_another_studio_is_not_found(world: World) -> None:
    base = client_of(world.alice).post("/api/v1/bases", tiny.described(world, tiny.directory()), format="json").json()["id"]
    stranger = client_of(world.carol)
    assert stranger.get(f"/api/v1/bases/{base}").status_code == 404
    assert stranger.post(f"/api/v1/bases/{base}/publish").status_code == 404
    assert stranger.post("/api/v1/bases", tiny.described(world, tiny.directory()), format="json").status_code == 404


def test_the_auditor_reads_and_does_not_write(world: World) -> None:
    base = client_of(world.alice).post("/api/v1/bases", tiny.described(world, tiny.directory()), format="json").json()["id"]
    auditor = client_of(world.dave)
    assert auditor.get(f"/api/v1/bases/{base}").status_code == 200
    assert auditor.post(f"/api/v1/bases/{base}/publish").json()["code"] == "role_too_low"


def test_a_part_larger_than_signed_is_not_taken_by_the_store(world: World) -> None:
    client, files = client_of(world.alice), tiny.directory()
    base = client.post("/api/v1/bases", tiny.described(world, files), format="json").json()["id"]
    link = client.post(f"/api/v1/bases/{base}/parts", {"path": WEIGHTS, "numbers": [1]}, format="json").json()[0]
    assert httpx.put(link["url"], content=files[WEIGHTS] + b"more", trust_env=False).status_code >= 400
    assert client.post(f"/api/v1/bases/{base}/complete", {"path": WEIGHTS}, format="json").json()["code"] == "parts_missing"


def test_the_digest_does_not_depend_on_the_order_of_the_files() -> None:
    pairs = {"b.json": hashlib.sha256(b"b").hexdigest(), "a/c.json": hashlib.sha256(b"c").hexdigest()}
    assert digest_of(pairs) == digest_of(dict(reversed(pairs.items())))
