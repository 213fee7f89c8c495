"""The page of a person's webhooks, in each language."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from atelier.accounts import access
from atelier.accounts.door import kept, person, signed_in
from atelier.kit.refused import Refused
from atelier.kit.telling import telling

from . import hooks
from .models import Delivery, Hook

SHOWN = 8
FRESH = "fresh_hook"
PROBLEMS = {
    "timeout": _("no answer in time"),
    "bad_certificate": _("its certificate is not right"),
    "no_answer": _("no answer"),
    "bad_address": _("its address is not public any more"),
}


class Address(forms.Form):
    url = forms.CharField(
        label=_("Address"),
        max_length=500,
        help_text=_("Begins with https:// and can be reached by everybody."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "dir": "ltr", "placeholder": "https://"}),
    )


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def listing(request: HttpRequest) -> HttpResponse:
    me = person(request)
    form = Address(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        try:
            hook = hooks.register(owner=me, **form.cleaned_data)
        except Refused as refused:
            form.add_error("url", refused.told())
        else:
            # Only which one is new is kept: the secret itself is made when it is shown.
            request.session[FRESH] = hook.public_id
            return redirect("hooks")
    rows = list(access.visible(Hook, me).order_by("pk"))
    fresh = next((row for row in rows if row.public_id == request.session.pop(FRESH, "")), None) if request.method == "GET" else None
    shown: dict[str, Any] = {
        "form": form,
        "hooks": [(row, [(each, answer(each)) for each in row.deliveries.all()[:SHOWN]]) for row in rows],
        "full": len(rows) >= hooks.MOST,
        "fresh": fresh,
        "secret": hooks.secret(fresh) if fresh else "",
    }
    return render(request, "api/hooks.html", shown, status=422 if request.method == "POST" else 200)


@signed_in
@require_POST
def test(request: HttpRequest, hook: str) -> HttpResponse:
    with telling(request, gettext("The test is on its way. Its answer stands below in a moment.")):
        hooks.try_out(hook=access.find(Hook, hook, person(request)))
    return redirect("hooks")


@signed_in
@require_POST
def switch_on(request: HttpRequest, hook: str) -> HttpResponse:
    with telling(request, gettext("It is told again.")):
        hooks.switch_on(hook=access.find(Hook, hook, person(request)))
    return redirect("hooks")


@signed_in
@require_POST
def remove(request: HttpRequest, hook: str) -> HttpResponse:
    hooks.remove(hook=access.find(Hook, hook, person(request)))
    messages.success(request, gettext("It is removed: nothing more is sent to it."))
    return redirect("hooks")


def answer(delivery: Delivery) -> str:
    """How its last attempt went, in words."""
    if delivery.code is not None:
        return gettext("answered %(code)s") % {"code": delivery.code}
    return str(PROBLEMS.get(delivery.problem, PROBLEMS["no_answer"])) if delivery.attempts else gettext("on its way")


urlpatterns = [
    path("account/webhooks", listing, name="hooks"),
    path("account/webhooks/<str:hook>/test", test, name="hook-test"),
    path("account/webhooks/<str:hook>/switch-on", switch_on, name="hook-switch-on"),
    path("account/webhooks/<str:hook>/remove", remove, name="hook-remove"),
]
