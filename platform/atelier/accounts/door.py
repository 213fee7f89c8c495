"""The door of the pages: who is not signed in is sent to sign in, and finds again what she had typed."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.utils.http import url_has_allowed_host_and_scheme

from .models import User

KEPT = "kept_form"
MOST_KEPT = 100_000
NEVER_KEPT = "csrfmiddlewaretoken"

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """Only for people who are signed in. A form sent after the session ended is kept and shown again by `kept` after signing in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated:
            return view(request, *args, **kwargs)
        return _to_sign_in(request)

    return guarded


def person(request: HttpRequest) -> User:
    """Whoever is signed in; for views behind `signed_in`."""
    assert isinstance(request.user, User)
    return request.user


def kept(request: HttpRequest) -> QueryDict | None:
    """What was typed into the form of this page before its reader had to sign in again; once."""
    found = request.session.get(KEPT)
    if not found or found["path"] != request.path:
        return None
    del request.session[KEPT]
    return QueryDict(found["form"])


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    back = request.get_full_path()
    if request.method not in ("GET", "HEAD"):
        back = _page_of_the_form(request)
        form = request.POST.copy()
        form.pop(NEVER_KEPT, None)
        if 0 < len(text := form.urlencode()) <= MOST_KEPT:
            request.session[KEPT] = {"path": urlsplit(back).path, "form": text}
    return redirect_to_login(back)


def _page_of_the_form(request: HttpRequest) -> str:
    """Where the form was shown: the page that sent it when it is ours, its own address otherwise."""
    sender = request.headers.get("Referer", "")
    if url_has_allowed_host_and_scheme(sender, {request.get_host()}, require_https=request.is_secure()):
        parts = urlsplit(sender)
        return parts.path + (f"?{parts.query}" if parts.query else "")
    return request.path
