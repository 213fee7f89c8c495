"""A person's account: who she is here, her tokens, her data, and the way out. Signing in and its protection are allauth's pages."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from atelier.kit.ids import not_found

from . import actions, belongings, closing, tokens
from .door import kept, person, require_fresh, signed_in
from .export import document
from .forms import SCOPE_WORDS, Closing, NewToken, Profile
from .models import ApiToken, User
from .queries import Guards, live_tokens

# A token's plain text travels from its making to the page that shows it in the reader's own cookie: no copy stays with us.
FRESH, FRESH_SECONDS = "fresh_token", 120
WANTED = "wanted_page"

PAGE = require_http_methods(["GET", "HEAD", "POST"])


def status(request: HttpRequest) -> int:
    """Of a page that shows a form: 422 when it was sent and is shown again."""
    return 422 if request.method == "POST" else 200


@signed_in
@PAGE
def account(request: HttpRequest) -> HttpResponse:
    me = person(request)
    form = Profile(request.POST if request.method == "POST" else kept(request), initial={"name": me.name, "language": me.language})
    if request.method == "POST" and form.is_valid():
        saved = actions.describe(user=me, **form.cleaned_data)
        with override(saved.language):
            messages.success(request, gettext("Saved."))
            return redirect("account")
    return render(request, "accounts/account.html", {"form": form, "guards": Guards.of(me)}, status=status(request))


@signed_in
@never_cache
@PAGE
def token_list(request: HttpRequest) -> HttpResponse:
    me = person(request)
    form = NewToken(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        _, plain = actions.issue_token(user=me, **form.cleaned_data)
        answer = redirect("tokens")
        answer.set_cookie(FRESH, plain, max_age=FRESH_SECONDS, path=request.path, secure=settings.SECURE, httponly=True, samesite="Strict")
        return answer
    plain = request.COOKIES.get(FRESH, "")
    fresh = live_tokens(me).filter(digest=tokens.digest(plain)).first() if tokens.well_formed(plain) else None
    shown = [(row, [SCOPE_WORDS[scope][0] for scope in row.scopes]) for row in live_tokens(me)]
    page = render(
        request,
        "accounts/tokens.html",
        {"form": form, "tokens": shown, "fresh": fresh, "plain": plain if fresh else "", "over": over(me)},
        status=status(request),
    )
    if plain:
        page.delete_cookie(FRESH, path=request.path, samesite="Strict")
    return page


def over(me: User) -> list[ApiToken]:
    """The last ten that work no more."""
    return list(ApiToken.objects.filter(user=me).exclude(pk__in=live_tokens(me)).order_by("-created_at")[:10])


@signed_in
@PAGE
def token_revoke(request: HttpRequest, token: str) -> HttpResponse:
    row = live_tokens(person(request)).filter(pk=ApiToken.parse_id(token)).first()
    if row is None:
        raise not_found()
    if request.method == "POST":
        actions.revoke_token(token=row, by=person(request))
        messages.success(request, gettext("“%(name)s” works no more.") % {"name": row.name})
        return redirect("tokens")
    return render(request, "accounts/token_revoke.html", {"token": row, "words": [SCOPE_WORDS[scope][0] for scope in row.scopes]})


@signed_in
@require_safe
def two_step(request: HttpRequest) -> HttpResponse:
    """With `next`: to where two-step sign-in is switched on, `next` kept. Without: back there."""
    wanted = request.GET.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure()):
        request.session[WANTED] = wanted
        return redirect("mfa_index")
    return redirect(request.session.pop(WANTED, None) or "mfa_index")


@signed_in
@never_cache
@PAGE
def data(request: HttpRequest) -> HttpResponse:
    """POST answers with the file itself, after she has shown again who she is."""
    me = person(request)
    if request.method != "POST":
        return render(request, "accounts/data.html")
    require_fresh(request)
    answer = HttpResponse(document(me), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="atelier-{me.public_id}.json"'
    return answer


@signed_in
@never_cache
@PAGE
def delete(request: HttpRequest) -> HttpResponse:
    me = person(request)
    form = Closing(me, request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_fresh(request)
        closing.close(user=me)
        logout(request)
        return redirect("account-closed")
    reasons = [refused.told() for refused in belongings.reasons(me)]
    return render(request, "accounts/delete.html", {"form": form, "reasons": reasons}, status=status(request))


@require_safe
def closed(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/closed.html")
