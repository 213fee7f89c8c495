"""Many captions at once: written as a list, reworded, or brought as text files. Always looked at before they are applied."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from atelier.accounts.access import find
from atelier.accounts.door import kept, person, signed_in

from . import actions, bulk
from .bulk import Plan
from .forms import LinesForm, RewordForm, SidecarForm
from .models import Asset, Dataset
from .shelf import NAMES_SHOWN
from .states import AssetState, DatasetState


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def captions(request: HttpRequest, dataset: str) -> HttpResponse:
    row = find(Dataset, dataset, person(request))
    if row.state != DatasetState.OPEN:
        return redirect("dataset", row.public_id)
    if request.method == "POST" and "changes" in request.POST:
        return _apply(request, row)
    files = list(row.assets.exclude(state__in=(AssetState.REMOVED, AssetState.REFUSED)).order_by("id"))
    return _show(request, row, files)


def _show(request: HttpRequest, row: Dataset, files: list[Asset]) -> HttpResponse:
    """The three ways of asking; with a plan of what would change when one of them was taken."""
    sent = request.POST if request.method == "POST" else kept(request)
    way = sent.get("way", "") if sent else ""
    forms = _forms(files, sent, way, request)
    asked = forms.get(way) if request.method == "POST" else None
    plan = _plan(files, asked) if asked is not None and asked.is_valid() else None
    status = 422 if request.method == "POST" and (plan is None or plan.wrong) else 200
    return render(request, "material/captions.html", {"dataset": row, "files": files, "plan": plan, "way": way, **forms}, status=status)


def _forms(files: list[Asset], sent: QueryDict | None, way: str, request: HttpRequest) -> dict[str, LinesForm | RewordForm | SidecarForm]:
    return {
        "lines": LinesForm(sent if way == "lines" else None, initial={"lines": bulk.listed(files)}),
        "reword": RewordForm(sent if way == "reword" else None),
        "sidecars": SidecarForm(sent, request.FILES) if way == "sidecars" and request.method == "POST" else SidecarForm(),
    }


def _plan(files: list[Asset], form: LinesForm | RewordForm | SidecarForm) -> Plan:
    if isinstance(form, LinesForm):
        return bulk.from_lines(files, form.cleaned_data["lines"])
    if isinstance(form, SidecarForm):
        return bulk.from_sidecars(files, form.cleaned_data["texts"])
    return bulk.reworded(files, **form.cleaned_data)


def _apply(request: HttpRequest, row: Dataset) -> HttpResponse:
    done = actions.recaption(dataset=row, changes=bulk.unpacked(request.POST["changes"]))
    count = len(done.applied)
    if count:
        messages.success(request, ngettext("%(count)s caption changed.", "%(count)s captions changed.", count) % {"count": count})
    if done.stale:
        names = ", ".join(done.stale[:NAMES_SHOWN]) + (" …" if len(done.stale) > NAMES_SHOWN else "")
        messages.warning(request, gettext("Left as they are, because they were changed meanwhile: %(names)s") % {"names": names})
    return redirect("dataset", row.public_id)
