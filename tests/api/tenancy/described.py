"""What the site says of itself: its operations with their bodies, and every address that it answers."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator

from .table import lines

# Answered by allauth, whose own tests cover them. Whatever else the site answers needs a line in the table.
NOT_OURS = ("accounts/", "_allauth/")


@cache
def schema() -> dict[str, Any]:
    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return described


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Operation id to method and path, as the schema describes them; what is outside the API by method and path."""
    described = {call["operationId"]: (method.upper(), path) for path, calls in schema()["paths"].items() for method, call in calls.items()}
    trust = ("GET /trust/root.pub", "GET /trust/revocations.json", "GET /trust/verifier.py", "GET /trust/anchor.pem")
    outside = ("GET /api/v1/schema", "POST /webhooks/stripe", *trust)
    pages = [name for name in lines() if name.startswith(("GET /", "POST /"))]
    return described | {name: (name.split()[0], name.split()[1]) for name in (*outside, *pages)}


def bodies() -> dict[str, tuple[str, str]]:
    """The operations that read a body."""
    return {name: call for name, call in operations().items() if call[0] in ("POST", "PATCH") and call[1].startswith("/api/")}


def reads(operation: str) -> set[str]:
    """The fields of the body that the schema names."""
    method, path = operations()[operation]
    content = schema()["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"]
    if not content:
        return set()
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return set(schema()["components"]["schemas"][name]["properties"])


def routes(resolver: Any = None, before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every address that the site answers and, for an operation of the API, its methods."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if path not in NOT_OURS:
                yield from routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            yield (
                "/" + path.replace("<str:", "{").replace(">", "}"),
                [m.upper() for m in view.http_method_names if hasattr(view, m)] if view else [],
            )
