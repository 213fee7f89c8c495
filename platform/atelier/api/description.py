"""What the OpenAPI document says of every operation besides its own serializers: pages of lists, Idempotency-Key, and refusals."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent, get_doc
from drf_spectacular.utils import OpenApiParameter

from atelier.kit.faults import PROBLEM

from .idempotency import LONGEST_KEY
from .views import View

REFUSALS = {
    400: "This is no request: JSON that cannot be read, or a parameter that holds the sign NUL.",
    401: "Nobody is signed in, or the token is unknown, expired or revoked.",
    403: "Not for this caller: the scope of the token, the role or the second step is missing.",
    404: "There is nothing here that the caller may see.",
    409: "Not as things stand.",
    410: "It is over: withdrawn, used, or run out.",
    413: "The request is too large.",
    415: "Only JSON is read.",
    422: "Something in the request is not right; `errors` names the fields.",
    429: "Too many of these within a while.",
    503: "A server behind this one does not answer. Nothing was done.",
}
SCHEMA = {
    "type": "object",
    "description": "RFC 9457, and whatever else belongs to the code.",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "pattern": "^[A-Za-z][A-Za-z0-9_]*$", "description": "Stable, for programs."},
        "detail": {"type": "string", "minLength": 1, "description": "A sentence for people, in the language that was asked for."},
        "errors": {"description": "Field by field, where the code is `invalid`."},
    },
    "required": ["type", "title", "status", "code", "detail"],
}
KEY = {"type": "string", "maxLength": LONGEST_KEY}
ABOUT_KEY = "The first answer under this key is kept for a day and given again."


class Described(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        if operation is not None:
            operation["responses"] |= {str(status): self._refusal(status) for status in self._statuses("requestBody" in operation)}
        return operation

    def get_description(self) -> str:
        """What View says of itself is for those who write one."""
        told = str(super().get_description() or "")
        return "" if told == get_doc(View) else told

    def get_override_parameters(self) -> list[Any]:
        if self.method != "POST" or getattr(self.view, "secret", False):
            return []
        return [OpenApiParameter("Idempotency-Key", KEY, OpenApiParameter.HEADER, description=ABOUT_KEY)]

    def _get_paginator(self) -> Any:
        """Only what is read comes in pages."""
        return super()._get_paginator() if self.method == "GET" else None

    def _statuses(self, with_body: bool) -> Iterator[int]:
        acts, names = self.method != "GET", "{" in self.path
        yield from (400, 401, 503)  # a token that is none is refused by what is open to everybody too
        if not getattr(self.view, "public", False):
            yield 403
        if acts or names or self._is_list_view():
            yield 404
        if acts or names:
            yield from (409, 410, 422)
        if self.method == "POST":
            yield from (413, 429)
        if with_body:
            yield from (413, 415)

    def _refusal(self, status: int) -> dict[str, Any]:
        component = ResolvedComponent(name="Problem", type=ResolvedComponent.SCHEMA, schema=SCHEMA, object="Problem")
        self.registry.register_on_missing(component)
        return {"description": REFUSALS[status], "content": {PROBLEM: {"schema": component.ref}}}
