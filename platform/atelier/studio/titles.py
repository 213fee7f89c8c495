"""A studio's titles: the list, and one of them with what is known of its rights and who is in it."""

from collections import Counter
from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.access import STUDIO_READERS, STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.catalog import rights
from atelier.catalog.models import Clearance, Performer, Title
from atelier.catalog.states import ClearanceState
from atelier.kit import papers
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from .room import Room, room, show
from .titles_forms import CastForm, ClearanceForm, RegisterForm, TitleForm

PER_PAGE = 50


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def titles(request: HttpRequest, studio: str) -> HttpResponse:
    """The register, narrowed by its address. The POST adds a title."""
    posted = request.method == "POST"
    here = room(request, studio, STUDIO_WRITERS if posted else STUDIO_READERS)
    form = TitleForm(request.POST if posted else kept(request))
    if posted and form.is_valid() and done(form, lambda: rights.add_title(studio=here.studio, by=here.person, **form.cleaned_data)):
        messages.success(request, gettext("The title is in the register. Say what is known of its rights."))
        return redirect("studio-titles", here.id)
    return show(request, here, "studio/titles.html", {"form": form, **_register(request, here)}, status=422 if posted else 200)


def _register(request: HttpRequest, here: Room) -> dict[str, object]:
    filters, query = RegisterForm(request.GET), request.GET.copy()
    query.pop("page", None)
    rows = here.studio.titles.prefetch_related("clearances", "performers", "base_versions", "adapters")
    every = list(rows.order_by("name", "id"))
    counts = Counter(title.clearance for title in every)
    return {
        "filters": filters,
        "page": Paginator(filters.narrowed(every), PER_PAGE).get_page(request.GET.get("page")),
        "counts": [(state.value, counts[state]) for state in ClearanceState],
        "every": len(every),
        "kept": query.urlencode(),
    }


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def title(request: HttpRequest, studio: str, title: str) -> HttpResponse:
    """The POST corrects what it is called."""
    here, row = _found(request, studio, title)
    posted = request.method == "POST"
    form = TitleForm(request.POST if posted else kept(request) or _facts(row))
    if posted and form.is_valid() and done(form, lambda: rights.correct_title(title=row, by=here.person, **form.cleaned_data)):
        messages.success(request, gettext("The title is corrected."))
        return redirect("studio-title", here.id, row.public_id)
    return _one(request, here, row, form=form, status=422 if posted else 200)


@signed_in
@require_POST
def clear(request: HttpRequest, studio: str, title: str) -> HttpResponse:
    here, row = _found(request, studio, title)
    form = ClearanceForm(request.POST, request.FILES)
    if form.is_valid() and done(form, lambda: rights.clear(title=row, by=here.person, **form.cleaned_data)):
        messages.success(request, gettext("What you said counts from now on. What was said before stays in the history."))
        return redirect("studio-title", here.id, row.public_id)
    return _one(request, here, row, clearance=form, status=422)


@signed_in
@require_POST
def cast(request: HttpRequest, studio: str, title: str) -> HttpResponse:
    """Names a performer; with `off` in the form, takes that one off."""
    here, row = _found(request, studio, title)
    if "off" in request.POST:
        rights.uncast(title=row, performer=performer_of(here, request.POST["off"]), by=here.person)
        return redirect("studio-title", here.id, row.public_id)
    form = CastForm(_performers(here), request.POST)
    if form.is_valid():
        rights.cast(title=row, performer=form.chosen, by=here.person, role=form.cleaned_data["role"])
        return redirect("studio-title", here.id, row.public_id)
    return _one(request, here, row, casting=form, status=422)


@signed_in
@require_safe
def paper(request: HttpRequest, studio: str, clearance: str) -> HttpResponse:
    here = room(request, studio)
    row = Clearance.objects.filter(pk=Clearance.parse_id(clearance), title__studio=here.studio).first()
    if row is None or not row.paper_key:
        raise not_found()
    return papers.shown(row)


def done(form: forms.Form, act: Callable[[], object]) -> bool:
    """Whether it was done. A refusal is shown in the form, with what was typed."""
    try:
        act()
    except Refused as refused:
        if refused.status in (403, 404):
            raise
        field = refused.extra.get("field")
        form.add_error(field if field in form.fields else None, refused.told())
        return False
    return True


def performer_of(here: Room, public_id: str) -> Performer:
    row = Performer.objects.filter(pk=Performer.parse_id(public_id), studio=here.studio).first()
    if row is None:
        raise not_found()
    return row


def _performers(here: Room) -> QuerySet[Performer]:
    return here.studio.performers.order_by("name")


def _facts(row: Title) -> dict[str, object]:
    return {"name": row.name, "year": row.year, "eidr": row.eidr}


def _found(request: HttpRequest, studio: str, title: str) -> tuple[Room, Title]:
    here = room(request, studio, STUDIO_WRITERS if request.method == "POST" else STUDIO_READERS)
    row = Title.objects.filter(pk=Title.parse_id(title), studio=here.studio).first()
    if row is None:
        raise not_found()
    return here, row


def _one(
    request: HttpRequest,
    here: Room,
    row: Title,
    *,
    form: TitleForm | None = None,
    clearance: ClearanceForm | None = None,
    casting: CastForm | None = None,
    status: int = 200,
) -> HttpResponse:
    initial = {"state": row.clearance, "basis": row.said.basis if row.said else ""}
    shown = {
        "title": row,
        "history": row.clearances.select_related("by"),
        "cast": row.cast.select_related("performer").order_by("performer__name"),
        "versions": row.base_versions.select_related("base").order_by("base__name", "version"),
        "adapters": row.adapters.order_by("name"),
        "form": form or TitleForm(_facts(row)),
        "clearance": clearance or ClearanceForm(initial=initial),
        "casting": casting or CastForm(_performers(here)),
    }
    return show(request, here, "studio/title.html", shown, status=status)
