"""The audit log as its studio reads it: newest first, filters in the address, nothing that could change it."""

from functools import partial

from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from atelier.accounts.door import signed_in
from atelier.audit.checkpoints import of_studio
from atelier.audit.queries import as_csv
from atelier.kit import attachment
from atelier.kit.refused import Refused

from .forms import LogForm
from .room import room, show

PER_PAGE = 50


@signed_in
@require_safe
def log(request: HttpRequest, studio: str) -> HttpResponse:
    """A page begins below an entry number (`before`), so that what is added meanwhile moves nothing."""
    here, form = room(request, studio), LogForm(request.GET)
    right = form.is_valid()
    entries = form.entries(here.studio)
    if before := form.cleaned_data.get("before"):
        entries = entries.filter(pk__lt=before)
    found = list(entries.select_related("leaf")[: PER_PAGE + 1])
    shown = {
        "form": form,
        "entries": found[:PER_PAGE],
        "checkpoint": of_studio(here.studio.id).first(),
        "older": _query(form, before=str(found[PER_PAGE - 1].pk)) if len(found) > PER_PAGE else "",
        "newest": f"{request.path}?{_query(form, before='')}" if before else "",
        "asked": _query(form, before=""),
        "filtered": any(form.data.get(name) for name in form.fields if name != "before"),
        "folded": not any(form.data.get(name) for name in ("licence", "actor", "subject", "number")) and right,
    }
    return show(request, here, "studio/log.html", shown, status=200 if right else 422)


@signed_in
@require_safe
def log_csv(request: HttpRequest, studio: str) -> HttpResponseBase:
    here, form = room(request, studio), LogForm(request.GET)
    if not form.is_valid():
        raise Refused("bad_filter", "One of the filters is not right. Correct it on the page, then export again.", status=422)
    lines = as_csv(form.entries(here.studio).iterator())
    return attachment.sent(request, f"audit-{studio}.csv", "text/csv; charset=utf-8", partial(attachment.write_lines, lines=lines))


def _query(form: LogForm, **changes: str) -> str:
    kept = QueryDict(mutable=True)
    for name in form.fields:
        if value := changes.get(name, form.data.get(name, "")):
            kept[name] = value
    return kept.urlencode()
