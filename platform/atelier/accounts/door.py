"""The door of the pages: who is not signed in is sent to sign in, and finds again what she had typed."""

from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from .access import has_two_step
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


def staff(request: HttpRequest) -> User:
    """The one at the desk. Refused("not_found", 404) for whoever is no staff; ("two_step_needed", 403) for staff who sign in with a
    password alone.
    """
    me = person(request)
    if not me.is_staff:
        raise not_found()
    if not has_two_step(me):
        where = reverse("two-step")
        raise Refused("two_step_needed", "The desk asks for two-step sign-in. Switch it on, then come back.", status=403, where=where)
    return me


def kept(request: HttpRequest) -> QueryDict | None:
    """What was typed into the form of this page before its reader had to sign in again; once."""
    found = request.session.get(KEPT)
    if not found or found["path"] != request.path:
        return None
    del request.session[KEPT]
    return QueryDict(found["form"])


def require_fresh(request: HttpRequest) -> None:
    """She gives her password, code or passkey again unless she just did; allauth then sends the form once more by itself."""
    if not did_recently_reauthenticate(request):
        raise ReauthenticationRequired()


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
