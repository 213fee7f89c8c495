"""One file: its pictures, its caption, and taking it out."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from atelier.accounts.access import find
from atelier.accounts.door import person, signed_in
from atelier.kit import store
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused
from atelier.kit.store import LINK_SECONDS, MATERIAL

from . import actions, queries
from .forms import CaptionForm
from .models import Asset
from .shelf import Clip
from .views import at_the_door


@signed_in
@require_safe
def picture(request: HttpRequest, asset: str, which: str) -> HttpResponse:
    """To the picture in the store. The address stays while its links change, so that a browser fetches each picture once."""
    thumb, strip = queries.preview_keys(find(Asset, asset, person(request)))
    key = {"thumbnail": thumb, "filmstrip": strip}.get(which)
    if not key:
        raise not_found()
    answer = HttpResponseRedirect(store.link(MATERIAL, key, f"{which}.jpg", inline=True, content_type="image/jpeg"))
    answer["Cache-Control"] = f"private, max-age={LINK_SECONDS - 60}"
    return answer


@at_the_door
@require_POST
def caption(request: HttpRequest, asset: str) -> HttpResponse:
    """Saved, or told why not with everything typed still there. htmx gets the form back alone; a plain form gets its page."""
    row = find(Asset, asset, person(request))
    form = CaptionForm(request.POST)
    alone, now = "HX-Request" in request.headers, row.caption
    if not form.is_valid():
        return _form(request, row, form.data.get("text", ""), now, status=422, wrong=" ".join(map(str, form.errors.get("text", []))))
    was = form.cleaned_data["was"]
    text = was if "theirs" in request.POST else form.cleaned_data["text"]
    try:
        row = actions.caption(asset=row, text=text, was=was)
    except Refused as refused:
        # What stands there now becomes what she has seen: saving again is then her decision.
        stale = refused.extra.get("now")
        was = now if stale is None else str(stale)
        return _form(request, row, text, was, status=refused.status, wrong=refused.told(), stale=stale)
    if alone:
        return _form(request, row, row.caption, row.caption, saved=True)
    messages.success(request, gettext("Caption saved."))
    return redirect(f"{_back(request, row)}#{row.public_id}")


def _form(request: HttpRequest, row: Asset, text: str, was: str, *, status: int = 200, **more: object) -> HttpResponse:
    template = "material/_caption.html" if "HX-Request" in request.headers else "material/caption.html"
    shown = {"dataset": row.dataset, "clip": Clip(row), "text": text, "was": was, "at": _back(request, row), **more}
    return render(request, template, shown, status=status)


@signed_in
@require_POST
def remove(request: HttpRequest, asset: str) -> HttpResponse:
    row = find(Asset, asset, person(request))
    actions.remove(asset=row)
    messages.success(request, gettext("“%(name)s” is taken out, and its bytes are being deleted.") % {"name": row.name})
    return redirect(_back(request, row))


def _back(request: HttpRequest, row: Asset) -> str:
    """The page that the form stood on."""
    back = request.POST.get("at", "")
    here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    return back if here and back.startswith("/") else reverse("dataset", args=[row.dataset.public_id])
