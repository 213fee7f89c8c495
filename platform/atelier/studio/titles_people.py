"""Performers in a studio's register, and what each has agreed to."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from atelier.accounts.access import STUDIO_READERS, STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.catalog import rights
from atelier.catalog.models import Performer
from atelier.catalog.scope_form import ScopeForm
from atelier.kit import papers
from atelier.kit.ids import not_found
from atelier.licences.queries import database_now

from .room import Room, room, show
from .titles import done, performer_of
from .titles_forms import PerformerForm

SCOPE = ("uses", "representation", "begins_on", "ends_on", "deceased", "estate", "evidence")


@signed_in
@require_safe
def performers(request: HttpRequest, studio: str) -> HttpResponse:
    here, today = room(request, studio), database_now().date()
    rows = here.studio.performers.prefetch_related("titles").order_by("name")
    return show(request, here, "studio/performers.html", {"performers": [(row, row.holds_on(today)) for row in rows]})


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, studio: str) -> HttpResponse:
    here, posted = room(request, studio, STUDIO_WRITERS), request.method == "POST"
    form = PerformerForm(request.POST, request.FILES) if posted else PerformerForm(kept(request))
    if posted and form.is_valid() and done(form, lambda: rights.add_performer(studio=here.studio, by=here.person, **form.given)):
        messages.success(request, gettext("The performer is in the register. Name the titles on their pages."))
        return redirect("studio-performers", here.id)
    return show(request, here, "studio/performer.html", {"form": form}, status=422 if posted else 200)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def performer(request: HttpRequest, studio: str, performer: str) -> HttpResponse:
    """The POST records anew what was agreed to."""
    here, row = _found(request, studio, performer)
    posted = request.method == "POST"
    initial = {name: getattr(row, name) for name in SCOPE}
    form = ScopeForm(request.POST, request.FILES) if posted else ScopeForm(kept(request), initial=initial)
    if posted and form.is_valid() and done(form, lambda: rights.revise_performer(performer=row, by=here.person, **form.given)):
        messages.success(request, gettext("What was agreed to is recorded anew."))
        return redirect("studio-performer", here.id, row.public_id)
    shown = {"performer": row, "form": form, "stands": row.holds_on(database_now().date())}
    return show(request, here, "studio/performer.html", shown, status=422 if posted else 200)


@signed_in
@require_safe
def paper(request: HttpRequest, studio: str, performer: str) -> HttpResponse:
    row = _found(request, studio, performer)[1]
    if not row.paper_key:
        raise not_found()
    return papers.shown(row)


def _found(request: HttpRequest, studio: str, performer: str) -> tuple[Room, Performer]:
    here = room(request, studio, STUDIO_WRITERS if request.method == "POST" else STUDIO_READERS)
    return here, performer_of(here, performer)
