"""What the OpenAPI document says of every answer holds: of what is given, and of what is refused."""

from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker
from rest_framework.test import APIClient

from atelier.api.views import View
from atelier.kit.faults import PROBLEM

from .tenancy.described import operations, schema
from .tenancy.stage import Stage, rolled_back
from .tenancy.table import lines

TABLE = lines()
DESCRIBED = [name for name in TABLE if " " not in name]


def described(operation: str) -> dict[str, Any]:
    method, path = operations()[operation]
    found: dict[str, Any] = schema()["paths"][path][method.lower()]
    return found


def with_null(node: Any) -> Any:
    """OpenAPI 3.0 says nullable where JSON Schema says null."""
    if isinstance(node, list):
        return [with_null(each) for each in node]
    if not isinstance(node, dict):
        return node
    inner = {name: with_null(each) for name, each in node.items() if name != "nullable"}
    return {"anyOf": [inner, {"type": "null"}]} if node.get("nullable") is True else inner


@cache
def components() -> Any:
    return with_null(schema()["components"])


def astray(operation: str, answer: Any) -> list[str]:
    """In what the answer differs from what is said of it."""
    responses, status = described(operation)["responses"], str(answer.status_code)
    if status not in responses:
        return [f"{status} is not described"]
    contents, kind = responses[status].get("content", {}), answer.get("Content-Type", "").partition(";")[0]
    if not contents:
        return [f"{status} has a body"] if answer.content else []
    if kind not in contents:
        return [f"{status} comes as {kind}, not as {list(contents)}"]
    if not kind.endswith("json"):
        return []
    validator = Draft202012Validator({**with_null(contents[kind]["schema"]), "components": components()}, format_checker=FormatChecker())
    return [f"{each.json_path}: {each.message[:200]}" for each in validator.iter_errors(answer.json())]


@pytest.mark.parametrize("operation", DESCRIBED)
def test_what_is_given_is_as_described(stage: Stage, operation: str) -> None:
    with rolled_back():
        answer = stage.ask(stage.clients[TABLE[operation].rightful], operation)
        assert answer.status_code < 300, answer.content
        assert astray(operation, answer) == []


@pytest.mark.parametrize("who", ["anonymous", "foreign", "auditor"])
def test_what_is_refused_is_as_described(stage: Stage, who: str) -> None:
    """Somebody who is not signed in, whom it does not concern, or whose role is too low."""
    with rolled_back():
        found = {operation: astray(operation, stage.ask(stage.clients[who], operation)) for operation in DESCRIBED}
    assert {operation: wrong for operation, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize("body", [{}, [], {"name": 7, "reason": 7, "numbers": "x", "quotes": 1}], ids=["empty", "a list", "other types"])
def test_what_is_wrong_is_refused_as_described(stage: Stage, body: Any) -> None:
    found = {}
    for operation in DESCRIBED:
        if "requestBody" in described(operation):
            with rolled_back():
                found[operation] = astray(operation, stage.ask(stage.clients[TABLE[operation].rightful], operation, body))
    assert {operation: wrong for operation, wrong in found.items() if wrong} == {}


def test_a_refusal_keeps_its_own_title_whatever_else_it_tells(stage: Stage) -> None:
    """This one names a film."""
    with rolled_back():
        answer = stage.ask(stage.clients["owner"], "titles_correct", {"name": "Otherwise"})
    assert (answer.status_code, answer.json()["title"], answer.json()["code"]) == (409, "title_in_use", "title_in_use")


@pytest.mark.parametrize("operation", [name for name in DESCRIBED if TABLE[name].public])
def test_a_token_that_is_none_is_refused_as_described_by_what_is_open_to_everybody_too(stage: Stage, operation: str) -> None:
    answer = stage.ask(APIClient(headers={"Authorization": "Bearer atl_none"}), operation)
    assert (answer.status_code, astray(operation, answer)) == (401, [])


def test_what_a_view_says_to_its_writers_is_not_told_to_callers() -> None:
    inherited = (View.__doc__ or "").split("\n")[0]
    assert [operation for operation in DESCRIBED if inherited in described(operation).get("description", "")] == []


def test_every_post_takes_an_idempotency_key_and_says_so_unless_what_it_answers_is_kept_nowhere() -> None:
    posts = {name for name in DESCRIBED if operations()[name][0] == "POST"}
    keyed = {name for name in posts if "Idempotency-Key" in [each["name"] for each in described(name).get("parameters", ())]}
    assert posts - keyed == {"tokens_issue", "hooks_register"}


@pytest.mark.parametrize("operation", DESCRIBED)
def test_a_method_that_is_not_described_is_refused(stage: Stage, operation: str) -> None:
    path = operations()[operation][1]
    client = stage.clients[TABLE[operation].rightful]
    for method in ("OPTIONS", "PUT"):
        answer = client.generic(method, stage.path(operation))
        assert method.lower() not in schema()["paths"][path]
        assert (answer.status_code, answer["Content-Type"], answer.json()["code"]) == (405, PROBLEM, "method_not_allowed")


def test_a_look_at_the_head_needs_the_scope_that_reading_needs(stage: Stage) -> None:
    """Whoever may fetch a file may ask how long it is, and nobody else."""
    reader, owner = (stage.token(stage.cast["creator"], scope) for scope in ("read", "train"))
    path = stage.path("handovers_get")
    with rolled_back():
        assert [client.head(path).status_code for client in (reader, owner)] == [403, 200]
