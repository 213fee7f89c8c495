"""Material through the front door."""

import hashlib
import json

import httpx
import pytest

from atelier.accounts.actions import issue_token
from atelier.material import attestation
from atelier.material.models import Asset

from .conftest import add, ready

pytestmark = pytest.mark.django_db
V1 = "/api/v1"


def asked(data: bytes, **more):
    return {"name": "clip.mp4", "bytes": len(data), "sha256": hashlib.sha256(data).hexdigest(), **more}


@pytest.fixture
def api(bob, client_of):
    """Calls as Bob: api("post", path, body) -> (status, body)."""
    client = client_of(bob)

    def call(method, path, body=None, **headers):
        sent = {} if body is None else {"data": json.dumps(body), "content_type": "application/json"}
        response = getattr(client, method)(V1 + path, **sent, **headers)
        return response.status_code, json.loads(response.content or b"null")

    return call


def test_the_whole_way_from_an_empty_dataset_to_a_seal(api, film, run_outbox):
    status, dataset = api("post", "/datasets", {"name": "Night train"})
    assert (status, dataset["state"], dataset["attested"]) == (201, "open", False)
    here = f"/datasets/{dataset['id']}"
    status, asset = api("post", f"{here}/assets", asked(film))
    assert (status, asset["state"], asset["part_count"], asset["dataset"]) == (201, "uploading", 1, dataset["id"])
    status, links = api("post", f"/assets/{asset['id']}/parts", {"numbers": [1]})
    httpx.put(links["parts"][0]["url"], content=film).raise_for_status()
    assert api("get", f"/assets/{asset['id']}")[1]["arrived"] == [1]
    status, asset = api("post", f"/assets/{asset['id']}/complete")
    assert (status, asset["state"]) == (202, "checking")
    assert api("post", f"{here}/seal")[1]["code"] == "STILL_CHECKING"
    run_outbox()
    asset = api("get", f"/assets/{asset['id']}")[1]
    assert (asset["state"], asset["problem"], asset["frames"]) == ("ready", None, 12)
    text = api("get", f"{here}/attestation?language=fr")[1]
    assert api("post", f"{here}/attest", {"text_hash": text["text_hash"]})[1]["attested"] is True
    status, no = api("post", f"{here}/seal")
    assert (status, no["code"], no["names"]) == (409, "CAPTION_MISSING", ["clip.mp4"])
    assert api("post", f"{here}/captions", {"captions": {"clip.mp4": "a bar", "x": "y"}}) == (
        200,
        {"applied": ["clip.mp4"], "unknown": ["x"]},
    )
    preview = api("get", f"/assets/{asset['id']}/preview")[1]
    for url in (preview["thumbnail"], preview["filmstrip"]):
        picture = httpx.get(url)
        assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    status, sealed = api("post", f"{here}/seal")
    assert (status, sealed["state"], sealed["left_out"]) == (200, "sealed", [])
    assert sealed["root"] == api("get", here)[1]["manifest_root"] != ""
    assert api("get", here)[1]["counts"] == {"ready": 1}
    assert api("patch", f"/assets/{asset['id']}", {"caption": "late"})[1]["code"] == "DATASET_CLOSED"
    assert [row["id"] for row in api("get", f"{here}/assets")[1]["results"]] == [asset["id"]]
    assert api("delete", here) == (204, None)
    assert api("get", f"/assets/{asset['id']}/preview")[1]["code"] == "NO_PREVIEW"


def test_a_refused_file_tells_code_and_sentence(api, dataset, bring):
    asset = bring(b"<html></html>", "film.mp4")
    problem = api("get", f"/assets/{asset.public_id}")[1]["problem"]
    assert problem["code"] == "NOT_A_VIDEO"
    assert problem["sentence"].startswith("This is neither a video")


def test_what_belongs_to_bob_is_not_there_for_anybody_else(dataset, film, world, client_of):
    asset = add(dataset, film)
    here, there = f"{V1}/datasets/{dataset.public_id}", f"{V1}/assets/{asset.public_id}"
    for person in (world.alice, world.carol, world.dave):
        client = client_of(person)
        unknown = client.get(f"{V1}/datasets/dst_{'0' * 32}").content
        for method, path in (
            ("get", here),
            ("delete", here),
            ("get", f"{here}/assets"),
            ("post", f"{here}/assets"),
            ("post", f"{here}/captions"),
            ("get", f"{here}/attestation"),
            ("post", f"{here}/attest"),
            ("post", f"{here}/seal"),
            ("get", there),
            ("patch", there),
            ("delete", there),
            ("post", f"{there}/parts"),
            ("post", f"{there}/complete"),
            ("get", f"{there}/preview"),
        ):
            body = {**asked(film), "captions": {}, "text_hash": attestation.ENGLISH.hash, "caption": "mine", "numbers": [1]}
            response = getattr(client, method)(path, body if method in {"post", "patch"} else None, format="json")
            assert (response.status_code, response.content) == (404, unknown), (method, path)
        assert client.get(f"{V1}/datasets").json()["results"] == []


def test_an_anonymous_caller_is_sent_away(dataset):
    from rest_framework.test import APIClient

    assert APIClient().get(f"{V1}/datasets/{dataset.public_id}").status_code == 401


def test_a_token_needs_the_scope_train_to_change_and_read_to_look(dataset, bob):
    from rest_framework.test import APIClient

    _, plain = issue_token(user=bob, name="reader", scopes=["read"], days=1)
    client = APIClient(HTTP_AUTHORIZATION=f"Bearer {plain}")
    assert client.get(f"{V1}/datasets/{dataset.public_id}").status_code == 200
    for path in ("assets", "captions", "attest", "seal"):
        response = client.post(f"{V1}/datasets/{dataset.public_id}/{path}", {}, format="json")
        assert (response.status_code, response.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"bytes": 0}, 422, "EMPTY_FILE"),
        ({"bytes": 10**15}, 422, "FILE_TOO_LARGE"),
        ({"bytes": "12"}, 422, "invalid"),
        ({"bytes": 1.5}, 422, "invalid"),
        ({"bytes": True}, 422, "invalid"),
        ({"bytes": 10**30}, 422, "invalid"),
        ({"sha256": "nonsense"}, 422, "BAD_SHA256"),
        ({"caption": "x" * 100_000}, 422, "CAPTION_TOO_LONG"),
        ({"name": "\0"}, 422, "NAME_EMPTY"),
        ({"name": ["a"]}, 422, "invalid"),
    ],
)
def test_bad_input_is_a_problem_with_a_code(api, dataset, film, change, status, code):
    got, body = api("post", f"/datasets/{dataset.public_id}/assets", asked(film, **change))
    assert (got, body["code"]) == (status, code)


@pytest.mark.parametrize("name", ["a\0b.mp4", "half \ud800.mp4", "../../x\r\n.mp4", "gpj.\u202e4pm"])
def test_any_name_is_taken_and_answered(api, dataset, film, name):
    status, body = api("post", f"/datasets/{dataset.public_id}/assets", asked(film, name=name))
    assert status == 201
    assert body["name"].isprintable()


def test_what_only_we_decide_cannot_be_sent_along(api, dataset, film, carol):
    forged = {"state": "ready", "key": "x", "clean_key": "x", "dataset": "dst_x", "owner": str(carol.id), "kind": "video", "id": "ast_x"}
    status, body = api("post", f"/datasets/{dataset.public_id}/assets", asked(film, **forged))
    asset = Asset.objects.get(pk=Asset.parse_id(body["id"]))
    assert (status, asset.state, asset.kind, asset.clean_key, asset.dataset_id) == (201, "uploading", "", "", dataset.id)


@pytest.mark.parametrize("numbers", [[], [0], [-1], ["1"], [10**20], list(range(1, 102)), "1", None, [2]])
def test_parts_that_cannot_be_are_refused(api, dataset, film, numbers):
    asset = add(dataset, film)
    status, body = api("post", f"/assets/{asset.public_id}/parts", {"numbers": numbers})
    assert status == 422, body


@pytest.mark.parametrize("captions", [None, [], "x", {"a": 1.5e400}, {"a": {"b": "c"}}, {"a": None}])
def test_captions_that_are_none_are_refused(api, dataset, captions):
    assert api("post", f"/datasets/{dataset.public_id}/captions", {"captions": captions})[0] in {400, 422}


@pytest.mark.parametrize("wrong", ["dst_x", "ast_" + "0" * 32, "dst_" + "g" * 32, "0" * 32, "dst_%00", "dst_" + "0" * 32])
def test_an_id_of_anything_else_is_not_found(api, wrong):
    assert api("get", f"/datasets/{wrong}")[0] == 404


def test_an_unknown_language_is_refused(api, dataset):
    assert api("get", f"/datasets/{dataset.public_id}/attestation?language=de")[1]["code"] == "unknown_language"


def test_the_promise_is_shown_in_both_languages(api, dataset):
    for language, text in attestation.TEXTS.items():
        body = api("get", f"/datasets/{dataset.public_id}/attestation?language={language}")[1]
        assert body == {"language": language, "text": text.text, "text_hash": text.hash}


def test_the_same_idempotency_key_adds_one_file(api, dataset, film):
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    first = api("post", f"/datasets/{dataset.public_id}/assets", asked(film), **key)
    assert api("post", f"/datasets/{dataset.public_id}/assets", asked(film), **key) == first
    assert dataset.assets.count() == 1


def test_a_removed_file_is_gone(api, dataset, film):
    asset = ready(dataset, film)
    assert api("delete", f"/assets/{asset.public_id}") == (204, None)
    assert api("get", f"/assets/{asset.public_id}")[0] == 404
    assert api("get", f"/datasets/{dataset.public_id}/assets")[1]["results"] == []
