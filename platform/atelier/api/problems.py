"""Every refusal of the API as RFC 9457 problem+json with a stable code."""

from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.response import Response
from rest_framework.views import set_rollback

from atelier.kit.faults import PROBLEM
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from .idempotency import Replayed

DEFAULT_CODES = {400: "bad_request", 401: "not_signed_in", 403: "forbidden", 404: "not_found", 405: "method_not_allowed", 415: "json_only"}


def problem(code: str, sentence: str, http_status: int, **extra: Any) -> Response:
    body = {**extra, "type": f"about:blank#{code}", "title": code, "status": http_status, "code": code, "detail": sentence}
    return Response(_fit(body), status=http_status, content_type=PROBLEM)


def _fit(value: Any) -> Any:
    """A refusal may repeat what was sent. Half signs and NUL, which neither UTF-8 nor the database can hold, become marks."""
    if isinstance(value, dict):
        return {_fit(key): _fit(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_fit(item) for item in value]
    return str(value).encode(errors="replace").decode().replace("\0", "\ufffd") if isinstance(value, str) else value


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. None lets a bug be a bug: a logged 500."""
    set_rollback()
    if isinstance(error, Replayed):
        kind = PROBLEM if error.status >= 400 else None
        return Response(error.body, status=error.status, headers={"Idempotent-Replayed": "true"}, content_type=kind)
    if isinstance(error, Http404):
        error = not_found()
    if isinstance(error, PermissionDenied):
        error = Refused("forbidden", "You may not do this.", status=403)
    if isinstance(error, RequestDataTooBig):
        error = Refused("body_too_large", "This request is too large. Files go straight to the object store, by signed links.", status=413)
    if isinstance(error, Refused):
        return problem(error.code, error.told(), error.status, **error.extra)
    if isinstance(error, ValidationError):
        return problem("invalid", "Some fields are not right; see “errors”.", status.HTTP_422_UNPROCESSABLE_ENTITY, errors=error.detail)
    if isinstance(error, APIException):
        code = DEFAULT_CODES.get(error.status_code, str(error.default_code))
        response = problem(code, str(error.detail), error.status_code)
        for name in ("auth_header", "wait"):
            if value := getattr(error, name, None):
                response["WWW-Authenticate" if name == "auth_header" else "Retry-After"] = str(value)
        return response
    return None
