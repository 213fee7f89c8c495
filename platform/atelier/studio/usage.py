"""The usage audit: who made what with which title, on a page, as CSV and as Parquet. The filters are the address."""

from datetime import date, timedelta
from functools import partial
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.views.decorators.http import require_safe

from atelier.accounts.door import signed_in
from atelier.kit import attachment
from atelier.kit.refused import Refused
from atelier.licences.queries import database_now

from . import exports
from .drawing import Chart, stacked, starts, step_for
from .forms import UsageForm
from .queries import Uses
from .room import Room, room, show

PER_PAGE = 25
AT_FIRST = timedelta(days=29)
COLUMNS = ("at", "kind", "who", "called", "status", "seconds")


@signed_in
@require_safe
def usage(request: HttpRequest, studio: str) -> HttpResponse:
    here = room(request, studio)
    today = database_now().date()
    form = _form(request, here, today)
    right, uses = form.is_valid(), Uses(here.studio, form.asked)
    page = Paginator(uses.rows, PER_PAGE).get_page(request.GET.get("page"))
    measure = form.cleaned_data.get("measure") or "uses"
    shown = {
        "form": form,
        "filtered": any(form.cleaned_data.get(name) for name in ("kind", "tier", "title", "state", "who")),
        "page": page,
        "uses": [uses.shown(row) for row in page],
        "totals": uses.totals(),
        "measure": measure,
        "chart": chart(uses, measure, today),
        "kept": _query(form),
        "sorts": [(name, _query(form, sort=_turned(form.asked.sort, name)), _direction(form.asked.sort, name)) for name in COLUMNS],
    }
    return show(request, here, "studio/usage.html", shown, status=200 if right else 422)


@signed_in
@require_safe
def usage_csv(request: HttpRequest, studio: str) -> HttpResponseBase:
    return attachment.sent(
        request, f"usage-{studio}.csv", "text/csv; charset=utf-8", partial(exports.write_csv, uses=_asked(request, studio))
    )


@signed_in
@require_safe
def usage_parquet(request: HttpRequest, studio: str) -> HttpResponseBase:
    name, kind = f"usage-{studio}.parquet", "application/vnd.apache.parquet"
    return attachment.sent(request, name, kind, partial(exports.write_parquet, uses=_asked(request, studio)))


def chart(uses: Uses, measure: str, today: date) -> Chart | None:
    """From the first day that was asked for, or was used on, to the last. None where nothing was used."""
    used = uses.days()
    if used is None:
        return None
    first, last = uses.asked.since or used[0], uses.asked.until or today
    # A period far longer than what was used in it is drawn where something was.
    first, last = max(first, used[0] - AT_FIRST), max(min(last, today), used[1])
    step = step_for(first, last)
    names = {ware.tier: f"{ware.offering} · {ware.tier_name}" for ware in uses.wares.values()}
    return stacked(uses.drawn(step, measure), names, starts(first, last, step), step)


def _form(request: HttpRequest, here: Room, today: date) -> UsageForm:
    """With nothing asked: the last thirty days."""
    asked: Any = request.GET or {"since": (today - AT_FIRST).isoformat(), "until": today.isoformat()}
    return UsageForm(asked, here.studio)


def _asked(request: HttpRequest, studio: str) -> Uses:
    here = room(request, studio)
    form = _form(request, here, database_now().date())
    if not form.is_valid():
        raise Refused("bad_filter", "One of the filters is not right. Correct it on the page, then export again.", status=422)
    return Uses(here.studio, form.asked)


def _query(form: UsageForm, **changes: str) -> str:
    """The filters as an address; the dates always, so that a link means tomorrow what it means today."""
    kept = QueryDict(mutable=True)
    for name in form.fields:
        value = changes.get(name) or str(form.data.get(name) or "")
        if value or name in ("since", "until"):
            kept[name] = value
    return kept.urlencode()


def _turned(sort: str, column: str) -> str:
    """What a click on the column's head asks for: newest and largest first, then the other way round."""
    return column if sort == f"-{column}" else f"-{column}"


def _direction(sort: str, column: str) -> str:
    return "" if sort.lstrip("-") != column else "descending" if sort.startswith("-") else "ascending"
