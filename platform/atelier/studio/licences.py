"""The licences of the studio, one of them in full, and the decisions about it: each asked for a reason and confirmed with its reach."""

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.audit import queries as audit
from atelier.kit.ids import not_found
from atelier.licences import actions
from atelier.licences.holdings import changed_at
from atelier.licences.room import Sharing
from licensing.text import summary

from . import holders
from .forms import LicencesForm, ReasonForm
from .room import room, show

PER_PAGE, NEWEST = 30, 8


@dataclass(frozen=True)
class Decision:
    name: str
    act: Callable[..., None]
    done: str | Promise


DECISIONS = {
    each.name: each
    for each in (
        Decision("suspend", actions.suspend, gettext_lazy("The licence is suspended.")),
        Decision("restore", actions.restore, gettext_lazy("The licence is active again.")),
        Decision("revoke", actions.revoke, gettext_lazy("The licence is revoked.")),
    )
}


@signed_in
@require_safe
def licences(request: HttpRequest, studio: str) -> HttpResponse:
    here = room(request, studio)
    form = LicencesForm(request.GET, here.studio)
    right = form.is_valid()
    page = Paginator(form.rows(here.studio), PER_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    filtered = any(asked.get(name) for name in form.fields)
    shown = {"form": form, "page": page, "held": holders.held(list(page)), "kept": asked.urlencode(), "filtered": filtered}
    return show(request, here, "studio/licences.html", shown, status=200 if right else 422)


@signed_in
@require_safe
def licence(request: HttpRequest, studio: str, licence: str) -> HttpResponse:
    here = room(request, studio)
    row = holders.find(here.studio, licence)
    [held] = holders.held([row])
    may, may_not = summary(row.terms, get_language() or "en")
    shown = {
        "held": held,
        "licence": row,
        "changed_at": changed_at(row),
        "sharing": Sharing(row, here.person),
        "may": may,
        "may_not": may_not,
        "trainings": holders.trainings(row)[:50],
        "models": holders.models(row)[:50],
        "entries": audit.of_studio(here.studio.id, licence=row.public_id).select_related("leaf")[:NEWEST],
    }
    return show(request, here, "studio/licence.html", shown)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def decide(request: HttpRequest, studio: str, licence: str, decision: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    row = holders.find(here.studio, licence)
    wanted = DECISIONS.get(decision)
    if wanted is None:
        raise not_found()
    [held] = holders.held([row])
    if decision not in held.choices:
        messages.warning(request, gettext("This licence no longer stands where that could be decided. Here is where it stands."))
        return redirect("studio-licence", studio, licence)
    form = ReasonForm(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        wanted.act(licence=row, reason=form.cleaned_data["reason"], by=here.person.pk)
        messages.success(request, str(wanted.done))
        return redirect("studio-licence", studio, licence)
    shown = {"form": form, "held": held, "licence": row, "decision": decision, "reach": holders.reach(row)}
    return show(request, here, "studio/decide.html", shown, status=422 if request.method == "POST" else 200)
