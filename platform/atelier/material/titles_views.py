"""Of which title each clip of a studio's dataset is."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods

from atelier.accounts.access import find
from atelier.accounts.door import person, signed_in
from atelier.catalog.models import Title
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from . import titles
from .models import Asset, Dataset
from .states import AssetState, DatasetState


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def of_titles(request: HttpRequest, dataset: str) -> HttpResponse:
    """The POST says of which title the ticked clips are."""
    row = find(Dataset, dataset, person(request))
    if row.studio is None:
        raise not_found()
    if request.method == "POST":
        _bind(request, row)
        return redirect(request.get_full_path())
    clips = row.assets.exclude(state__in=(AssetState.REMOVED, AssetState.REFUSED)).select_related("title")
    shown = {
        "dataset": row,
        "clips": list(clips.order_by("title__name", "-id")),
        "titles": titles.free(row.studio),
        "open": row.state == DatasetState.OPEN,
        "back": _back(request, row),
    }
    return render(request, "material/titles.html", shown)


def _bind(request: HttpRequest, row: Dataset) -> None:
    me = person(request)
    try:
        chosen = find(Title, request.POST.get("title", ""), me)
        clips = [find(Asset, each, me) for each in request.POST.getlist("clip")]
        count = titles.bind(dataset=row, assets=clips, title=chosen)
    except Refused as refused:
        if refused.status == 404 and request.POST.get("title"):
            raise
        messages.error(request, gettext("Choose a title.") if refused.status == 404 else refused.told())
        return
    said = ngettext("%(count)s clip is of “%(title)s”.", "%(count)s clips are of “%(title)s”.", count)
    messages.success(request, said % {"count": count, "title": chosen.name})


def _back(request: HttpRequest, row: Dataset) -> str:
    """The page that led here."""
    at = request.GET.get("at", "")
    here = url_has_allowed_host_and_scheme(at, None) and at.startswith("/")
    return at if here else reverse("dataset", args=[row.public_id])
