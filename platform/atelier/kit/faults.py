"""The pages for what went wrong: a refusal by its status, and what Django itself refuses."""

import sys
from collections.abc import Callable
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext, gettext_lazy

from .language import for_programs
from .refused import Refused

TITLES = {
    400: gettext_lazy("This request makes no sense to us"),
    403: gettext_lazy("This door is not yours"),
    404: gettext_lazy("There is nothing here"),
    410: gettext_lazy("This was taken back"),
    429: gettext_lazy("Too fast"),
    500: gettext_lazy("Our fault"),
    503: gettext_lazy("Back in a moment"),
}
SENTENCES = {
    400: gettext_lazy("Something in it is missing or malformed. Go back, check the address, and try again."),
    403: gettext_lazy("You may not do this. If you believe you should, ask the studio or the person who invited you."),
    404: gettext_lazy("The address may be mistyped, or what it named is not for you to see."),
    410: gettext_lazy("It was here once and has been withdrawn by whoever holds its rights."),
    429: gettext_lazy("You have asked many times in a short while. Wait a minute, then try again."),
    500: gettext_lazy("Something broke on our side. Nothing was charged for it. Try again in a moment."),
    503: gettext_lazy("Our database does not answer just now. What you sent was not done, unless you were told so. Try again in a moment."),
}
RETRY_SECONDS = "5"
PROBLEM = "application/problem+json"

REFUSAL = gettext_lazy("This cannot be done as things stand")


def page(request: HttpRequest, status: int, sentence: str = "", code: str = "", **more: Any) -> HttpResponse:
    shown = {"status": status, "title": TITLES.get(status, REFUSAL), "sentence": sentence or SENTENCES.get(status, ""), "code": code}
    return render(request, "fault.html", shown | more, status=status)


class RefusedMiddleware:
    """An expected no on a page becomes a page. The API answers its own refusals as problem+json before they come this far."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, Refused) or for_programs(request.path_info):
            return None
        sentence = "" if error.code == "not_found" else error.told()
        return page(request, error.status, sentence, error.code, where=error.extra.get("where", ""))


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _fault(request, 400, "bad_request")


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _fault(request, 403, "forbidden")


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _fault(request, 404, "not_found")


def broken(request: HttpRequest) -> HttpResponse:
    """A bug is a 500; a database that is away is a 503, to be tried again. Asks nobody who is signed in, for that asks the database."""
    away = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    status, code = (503, "database_away") if away else (500, "broken")
    response = _fault(request, status, code, user=None, messages=())
    if away:
        response["Retry-After"] = RETRY_SECONDS
    return response


def _fault(request: HttpRequest, status: int, code: str, **shown: Any) -> HttpResponse:
    return _problem(status, code) if for_programs(request.path_info) else page(request, status, **shown)


def _problem(status: int, code: str) -> HttpResponse:
    body = {"type": f"about:blank#{code}", "title": code, "status": status, "code": code, "detail": str(SENTENCES[status])}
    return JsonResponse(body, status=status, content_type=PROBLEM)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    sentence = gettext("This form was open for too long, or cookies are off. Go back, reload the page, and send it again.")
    return page(request, 403, sentence)
