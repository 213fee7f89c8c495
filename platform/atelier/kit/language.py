"""Which language a request is answered in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

# What programs call has no language in its address: it is asked for in Accept-Language, and English unless told.
PROGRAMS = ("/api/", "/_allauth/", "/webhooks/", "/health", "/ready", "/metrics")
UNLESS_TOLD = "en"


def tongue() -> str:
    """The language of whoever reads now."""
    return translation.get_language() or settings.LANGUAGE_CODE


def for_programs(path: str) -> bool:
    return path.startswith(PROGRAMS)


class LanguageMiddleware(LocaleMiddleware):
    """Pages: the address alone decides (/ French, /en/ English), so that a page is one thing to every cache and reader."""

    get_response: Callable[[HttpRequest], HttpResponseBase]

    def process_request(self, request: HttpRequest) -> None:
        if not for_programs(request.path_info):
            return super().process_request(request)
        asked = request.headers.get("Accept-Language")
        translation.activate(translation.get_language_from_request(request) if asked else UNLESS_TOLD)
        request.LANGUAGE_CODE = translation.get_language()
        return None
