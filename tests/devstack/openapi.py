"""Hold requests and answers against Stripe's own OpenAPI description (fetched by `make setup`, never imported as code)."""

import json
import re
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from jsonschema import Draft202012Validator

from atelier.devstack.stripe.forms import parse
from atelier.devstack.wheels import REPOSITORY

SPEC = REPOSITORY / "var" / "stripe-openapi" / "seahaven_stripe_world" / "spec" / "spec3.json"
FORM = "application/x-www-form-urlencoded"


@cache
def spec() -> dict[str, Any]:
    if not SPEC.exists():
        raise FileNotFoundError(f"{SPEC} is missing: run `make setup`")
    document: dict[str, Any] = json.loads(SPEC.read_text())
    _say_null(document["components"])
    _say_null(document["paths"])
    return document


def _say_null(node: Any) -> None:
    """OpenAPI 3.0 says nullable where JSON Schema says type null."""
    if isinstance(node, list):
        for item in node:
            _say_null(item)
    if not isinstance(node, dict):
        return
    for value in node.values():
        _say_null(value)
    if node.get("nullable") is True:
        if "anyOf" in node:
            node["anyOf"].append({"type": "null"})
        elif isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
        if "enum" in node:
            node["enum"].append(None)


@cache
def _paths() -> list[tuple[re.Pattern[str], str]]:
    fixed_first = sorted(spec()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"\{\w+\}", "[^/]+", path) + "$"), path) for path in fixed_first]


def _operation(method: str, url: str) -> dict[str, Any]:
    path = urlsplit(url).path
    for pattern, name in _paths():
        if pattern.match(path):
            operation: dict[str, Any] = spec()["paths"][name][method]
            return operation
    raise AssertionError(f"Stripe has no {method} {path}")


def problems(schema: dict[str, Any], value: Any) -> list[str]:
    validator = Draft202012Validator({**schema, "components": spec()["components"]})
    found = [f"{error.json_path}: {error.message[:300]}" for error in validator.iter_errors(value)]
    return found + _strangers(value)


def _strangers(value: Any, path: str = "$") -> list[str]:
    """Fields that Stripe's objects do not have: its schemas allow any, our stand-in must not invent."""
    if isinstance(value, list):
        return [found for index, item in enumerate(value) for found in _strangers(item, f"{path}[{index}]")]
    if not isinstance(value, dict):
        return []
    below = [found for name, item in value.items() for found in _strangers(item, f"{path}.{name}")]
    kind = value.get("object")
    shape = spec()["components"]["schemas"].get(kind) if isinstance(kind, str) else None
    if not shape or "properties" not in shape:
        return below
    return below + [f"{path}: {value['object']} has no {name}" for name in value if name not in shape["properties"]]


def check_object(value: dict[str, Any]) -> None:
    assert problems({"$ref": f"#/components/schemas/{value['object']}"}, value) == []


def check_answer(method: str, url: str, status: int, body: str) -> None:
    responses = _operation(method, url)["responses"]
    schema = responses["200" if status == 200 else "default"]["content"]["application/json"]["schema"]
    assert problems(schema, json.loads(body)) == [], f"{method} {url} answered {status}"


def check_request(method: str, url: str, body: str | None) -> None:
    """Every parameter's name and type, as Stripe would see them."""
    operation = _operation(method, url)
    if method == "post":
        schema = operation["requestBody"]["content"][FORM]["schema"]
    else:
        query = {parameter["name"]: parameter["schema"] for parameter in operation["parameters"] if parameter["in"] == "query"}
        schema = {"type": "object", "properties": query, "additionalProperties": False}
    values = parse(body or "" if method == "post" else urlsplit(url).query)
    assert problems(schema, _typed(values, schema)) == [], f"{method} {url}"


def _typed(value: Any, schema: dict[str, Any]) -> Any:
    """A form carries text only: read each leaf as the schema wants it."""
    for choice in schema.get("anyOf", ()):
        typed = _typed(value, choice)
        if not problems(choice, typed):
            return typed
    if isinstance(value, list):
        return [_typed(item, schema.get("items", {})) for item in value]
    if isinstance(value, dict):
        return {name: _typed(item, _property(schema, name)) for name, item in value.items()}
    if schema.get("type") == "integer" and value.lstrip("-").isdecimal():
        return int(value)
    if schema.get("type") == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def _property(schema: dict[str, Any], name: str) -> dict[str, Any]:
    extra = schema.get("additionalProperties")
    found: dict[str, Any] = schema.get("properties", {}).get(name) or (extra if isinstance(extra, dict) else {})
    return found
