"""What a studio takes down of its own: the dry run, the deed, and how far it is. What a notice took down is here too, with the appeal."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.catalog.models import BaseVersion, Title
from atelier.kit.ids import not_found
from atelier.takedown import actions as notices
from atelier.takedown import takedowns, told
from atelier.takedown.forms import AppealForm
from atelier.takedown.models import Takedown
from atelier.takedown.pages import say

from .room import Room, room, show

PER_PAGE = 25


@never_cache
@signed_in
@require_safe
def listed(request: HttpRequest, studio: str) -> HttpResponse:
    """What was taken down, and the titles and base models that may be."""
    here = room(request, studio)
    page = Paginator(Takedown.objects.filter(studio=here.studio).select_related("case"), PER_PAGE).get_page(request.GET.get("page"))
    mine = {"titles": Title.objects.filter(studio=here.studio).order_by("name")[:200]}
    mine["bases"] = BaseVersion.objects.filter(base__studio=here.studio).select_related("base").order_by("base__name", "version")[:200]  # type: ignore[assignment]
    return show(request, here, "takedown/studio.html", {"page": page, **mine})


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest, studio: str, item: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    wanted = takedowns.found(item, here.person)
    if wanted.studio != here.studio:
        raise not_found()
    form = told.ReasonForm(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        row, began = takedowns.begin(item=wanted, by=here.person, reason=form.cleaned_data["reason"])
        say(request, began)
        return redirect("studio-takedown", studio, row.public_id)
    shown = {**told.dry_run(wanted), "form": form}
    return show(request, here, "takedown/studio_reach.html", shown, status=422 if request.method == "POST" else 200)


@never_cache
@signed_in
@require_safe
def takedown(request: HttpRequest, studio: str, takedown: str) -> HttpResponse:
    here = room(request, studio)
    return _shown(request, here, _found(here, takedown))


@signed_in
@require_POST
def lift(request: HttpRequest, studio: str, takedown: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    row, form = _found(here, takedown), told.LiftForm(request.POST)
    if not takedowns.may_lift(row, here.person):
        messages.info(request, gettext("This cannot be given back here any more."))
    elif not form.is_valid():
        return _shown(request, here, row, form, status=422)
    else:
        takedowns.lift(takedown=row, by=here.person, reason=form.cleaned_data["reason"])
        messages.success(request, gettext("It is lifted. Downloads and certificates count again; trainings that were stopped stay so."))
    return redirect("studio-takedown", studio, takedown)


@signed_in
@require_POST
def appeal(request: HttpRequest, studio: str, takedown: str) -> HttpResponse:
    """Against a notice that took down something of the studio's: another person of our staff looks at the whole case again."""
    here = room(request, studio, STUDIO_WRITERS)
    row, form = _found(here, takedown), AppealForm(request.POST)
    if row.case is None or not row.standing:
        raise not_found()
    if not form.is_valid():
        return _shown(request, here, row, appealing=form, status=422)
    notices.appeal(case=row.case, words=form.cleaned_data["words"], by=here.person)
    messages.success(request, gettext("Your appeal has arrived."))
    return redirect("studio-takedown", studio, takedown)


def _found(here: Room, public_id: str) -> Takedown:
    row = Takedown.objects.select_related("case", "by").filter(pk=Takedown.parse_id(public_id), studio=here.studio).first()
    if row is None:
        raise not_found()
    return row


def _shown(
    request: HttpRequest,
    here: Room,
    row: Takedown,
    form: told.LiftForm | None = None,
    *,
    appealing: AppealForm | None = None,
    status: int = 200,
) -> HttpResponse:
    lifts = here.writes and takedowns.may_lift(row, here.person)
    appeals = here.writes and row.standing and row.case is not None and notices.may_appeal(row.case)
    shown = {
        **told.progress(row),
        "form": (form or told.LiftForm()) if lifts else None,
        "appealing": (appealing or AppealForm()) if appeals else None,
    }
    return show(request, here, "takedown/studio_takedown.html", shown, status=status)
