"""What every operation shares: problem+json, idempotency keys, cursors, a complete schema."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from atelier.accounts.models import Studio
from atelier.api.models import IdempotentAnswer
from atelier.api.tasks import forget_answers
from tests.threads import together
from tests.world import World, client_of

STUDIO = {"name": "Nuit", "country": "FR"}


def open_studio(client: APIClient, key: str = "", body: dict[str, Any] | None = None) -> Any:
    return client.post("/api/v1/studios", body or STUDIO, format="json", headers={"Idempotency-Key": key} if key else {})


def mine(person: Any) -> int:
    return Studio.objects.filter(memberships__user=person).count()


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda c: c.get("/api/v1/trainings/trn_nonsense"), 404, "not_found"),
        (lambda c: c.get("/api/v1/trainings/" + "9" * 400), 404, "not_found"),
        (lambda c: c.put("/api/v1/me"), 405, "method_not_allowed"),
        (lambda c: c.post("/api/v1/studios", "name=x", content_type="application/x-www-form-urlencoded"), 415, "json_only"),
        (lambda c: c.post("/api/v1/studios", "{", content_type="application/json"), 400, "bad_request"),
        (lambda c: c.post("/api/v1/studios", "[]", content_type="application/json"), 422, "invalid"),
        (lambda c: c.post("/api/v1/studios", {"name": "x\x00y"}, format="json"), 422, "invalid"),
        (lambda c: c.post("/api/v1/studios", {}, format="json"), 422, "invalid"),
    ],
)
def test_refusals_are_problems_with_a_code(bob: Any, call: Callable[[APIClient], Any], status: int, code: str) -> None:
    answer = call(client_of(bob))
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["detail"]


@pytest.mark.parametrize("path", ["nonsense", "trainings/a/b/c", "titles/%2F", "titles//", "studios/std_0/audit/%2e%2e/x"])
def test_an_address_that_is_none_is_a_problem_too_and_no_page(db: None, path: str) -> None:
    answer = APIClient().get(f"/api/v1/{path}")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")
    assert (answer.json()["code"], bool(answer.json()["detail"])) == ("not_found", True)


def test_nobody_signed_in_gets_401(db: None) -> None:
    answer = APIClient().get("/api/v1/me")
    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_the_same_key_gives_the_same_answer_and_does_the_deed_once(bob: Any) -> None:
    client = client_of(bob)
    first, again = open_studio(client, "k"), open_studio(client, "k")
    assert first.json() == again.json()
    assert again["Idempotent-Replayed"] == "true"
    assert mine(bob) == 1
    open_studio(client)
    assert mine(bob) == 2


def test_the_same_key_with_another_body_is_refused(bob: Any) -> None:
    client = client_of(bob)
    open_studio(client, "k")
    answer = open_studio(client, "k", {**STUDIO, "name": "Jour"})
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert mine(bob) == 1


def test_an_answer_is_forgotten_after_a_day(bob: Any) -> None:
    client = client_of(bob)
    for key in ("old", "new"):
        open_studio(client, key)
    IdempotentAnswer.objects.filter(key="old").update(created_at=timezone.now() - timedelta(hours=25))
    forget_answers()
    assert list(IdempotentAnswer.objects.filter(user=bob).values_list("key", flat=True)) == ["new"]


def test_a_key_that_is_freed_while_somebody_asks_for_it_is_in_progress(bob: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first request fails on our side between the second's look and its answer."""

    def taken(**fields: Any) -> None:
        raise IntegrityError

    monkeypatch.setattr(IdempotentAnswer.objects, "create", taken)
    answer = open_studio(client_of(bob), "k")
    assert (answer.status_code, answer.json()["code"]) == (409, "in_progress")


def test_keys_belong_to_their_person(world: World) -> None:
    assert open_studio(client_of(world.bob), "k").json()["id"] != open_studio(client_of(world.carol), "k").json()["id"]


def test_a_refusal_is_replayed_too(bob: Any) -> None:
    client = client_of(bob)
    first, again = (open_studio(client, "k", {"name": ""}) for _ in range(2))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert again.status_code == 422
    assert first["Content-Type"] == again["Content-Type"] == "application/problem+json"


def test_a_double_click_with_one_key_makes_one_studio(committed: World) -> None:
    bob, key = committed.bob, uuid4().hex
    clients = [client_of(bob) for _ in range(4)]
    answers = together(*[lambda client=client: open_studio(client, key) for client in clients])
    assert mine(bob) == 1
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert 201 in {answer.status_code for answer in answers}


def test_lists_are_walked_by_cursor(bob: Any) -> None:
    client = client_of(bob)
    made = [open_studio(client, body={"name": f"s{i}"}).json()["id"] for i in range(5)]
    seen, url = [], "/api/v1/studios?limit=2"
    while url:
        page = client.get(url).json()
        seen += [row["id"] for row in page["results"]]
        url = page["next"]
    assert seen == made[::-1]


@pytest.mark.parametrize("query", ["cursor=nonsense", "cursor=" + "A" * 5000, "limit=10000000000000000000", "limit=-1", "limit=x"])
def test_odd_cursors_are_no_crash(bob: Any, query: str) -> None:
    assert client_of(bob).get(f"/api/v1/studios?{query}").status_code in (200, 404)


def test_the_schema_names_every_operation_and_warns_of_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    operations = [o for path in schema["paths"].values() for o in path.values()]
    assert len({o["operationId"] for o in operations}) == len(operations) > 40
    assert json.loads(json.dumps(schema, default=str))
    complaints = capsys.readouterr().err
    assert "Warning" not in complaints, complaints
    assert "Error" not in complaints, complaints


def test_money_and_answers_are_not_cached(bob: Any) -> None:
    assert client_of(bob).get("/api/v1/me")["Cache-Control"] == "no-store"
