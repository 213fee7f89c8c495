"""What a verifier fetches from us, signed in or not: the root once and for ever, the revocation list while it is fresh."""

from functools import cache

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from licensing.commands.bundle import bundle

from . import revocations, signing

# How long a cache on the way may keep the list: what was revoked shows this much later at most. The root stays as it is for years.
LIST_SECONDS, ROOT_SECONDS = 60, 3600


@require_safe
def root(request: HttpRequest) -> HttpResponse:
    return _public(HttpResponse(signing.keys().root.to_pem(), content_type="application/x-pem-file"), ROOT_SECONDS)


@require_safe
def revocation_list(request: HttpRequest) -> HttpResponse:
    return _public(HttpResponse(revocations.current().document, content_type="application/json"), LIST_SECONDS)


@require_safe
def verifier(request: HttpRequest) -> HttpResponse:
    """The same check as one file of plain source."""
    return _public(HttpResponse(_bundled(), content_type="text/x-python; charset=utf-8"), ROOT_SECONDS)


@cache
def _bundled() -> str:
    return bundle()


def _public(response: HttpResponse, seconds: int) -> HttpResponse:
    """For everybody, on any site: a page that verifies a dropped file reads these two."""
    patch_cache_control(response, public=True, max_age=seconds)
    response["Access-Control-Allow-Origin"] = "*"
    return response
