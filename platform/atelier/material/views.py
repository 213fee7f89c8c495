"""Datasets: the list, one of them, and what closes it."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.access import find, visible
from atelier.accounts.door import kept, person, signed_in
from atelier.kit.refused import Refused

from . import actions, attestation, queries
from .forms import AttestForm, NameForm
from .models import Asset, Dataset
from .shelf import NAMES_SHOWN, SHOWS, Card, Clip, Clips, Room, first_clips, next_step
from .states import AssetState, DatasetState

PER_PAGE = 24
Page = Callable[..., HttpResponseBase]


def at_the_door(view: Page) -> Page:
    """As `signed_in`, also for a part of a page that htmx asks for: the whole page goes to sign in, not the part.

    Looking again by itself sends nobody away: something may be being sent or written on that page.
    """
    guarded = signed_in(view)

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = guarded(request, *args, **kwargs)
        if request.user.is_authenticated or "HX-Request" not in request.headers:
            return answer
        return HttpResponse(headers={"HX-Redirect": answer["Location"]}) if request.method == "POST" else HttpResponse(status=204)

    return answered


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def datasets(request: HttpRequest) -> HttpResponse:
    me = person(request)
    form = NameForm(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        dataset = actions.open_dataset(owner=me, **form.cleaned_data)
        return redirect("dataset", dataset.public_id)
    rows = visible(Dataset, me).prefetch_related(first_clips()).order_by("-id")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = {"page": page, "cards": Card.all(page), "form": form, "room": Room(queries.bytes_taken(me.pk))}
    return render(request, "material/datasets.html", shown, status=422 if request.method == "POST" else 200)


@signed_in
@require_safe
def dataset(request: HttpRequest, dataset: str) -> HttpResponse:
    row = find(Dataset, dataset, person(request))
    return render(request, "material/dataset.html", {"dataset": row, "clips": Clips.asked(row, request), "left_over": left_over(request)})


@at_the_door
@require_safe
def clips(request: HttpRequest, dataset: str) -> HttpResponse:
    """The part of the page that lists the files, for whoever looks again."""
    row = find(Dataset, dataset, person(request))
    found = Clips.asked(row, request)
    steps = found.open and found.at == reverse("dataset", args=[row.public_id])
    return render(request, "material/_captions.html", {"dataset": row, "clips": found, "steps": steps})


def left_over(request: HttpRequest) -> dict[str, Any] | None:
    """A caption that was sent after the session had ended: the file it is for, and what was typed."""
    form = kept(request)
    if not form or "clip" not in form:
        return None
    try:
        return {"clip": Clip(find(Asset, str(form["clip"]), person(request))), "text": form.get("text", "")}
    except Refused:
        return None


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def seal(request: HttpRequest, dataset: str) -> HttpResponse:
    """The declaration, what sealing means, what is missing; and both at once."""
    row = find(Dataset, dataset, person(request))
    text = attestation.TEXTS[get_language() or "en"]
    form = AttestForm(request.POST if request.method == "POST" else kept(request), initial={"text_hash": text.hash})
    if request.method == "POST" and (row.attested_text or form.is_valid()):
        return _seal(request, row, "" if row.attested_text else form.cleaned_data["text_hash"])
    return _closing(request, row, form, text, 422 if request.method == "POST" else 200)


def _seal(request: HttpRequest, row: Dataset, text_hash: str) -> HttpResponse:
    """A refusal to seal leaves the declaration made: what is missing stands on the page that comes back."""
    if text_hash:
        actions.attest(dataset=row, text_hash=text_hash)
    try:
        sealed = actions.seal(dataset=row)
    except Refused as refused:
        messages.error(request, refused.told())
        return redirect("dataset-seal", row.public_id)
    messages.success(request, gettext("Sealed. You can train with it now."))
    if left := len(sealed.left_out):
        told = ngettext("%(count)s unusable file was left out.", "%(count)s unusable files were left out.", left)
        messages.info(request, told % {"count": left})
    return redirect("dataset", row.public_id)


def _closing(request: HttpRequest, row: Dataset, form: AttestForm, text: attestation.Text, status: int) -> HttpResponse:
    tally = queries.tally(row)
    missing = row.assets.filter(state=AssetState.READY, caption="").order_by("id")[:NAMES_SHOWN]
    waiting = row.assets.filter(state__in=(AssetState.UPLOADING, AssetState.CHECKING)).order_by("id")[:NAMES_SHOWN]
    asked = row.assets.filter(SHOWS["asked"]).order_by("id")[:NAMES_SHOWN]
    left_out = row.assets.filter(state=AssetState.REFUSED).order_by("id")[:NAMES_SHOWN]
    shown = {"dataset": row, "tally": tally, "missing": missing, "waiting": waiting, "asked": asked, "left_out": left_out}
    shown |= {"form": form, "text": text}
    shown["may"] = next_step(row, tally) == "seal"
    return render(request, "material/seal.html", shown, status=status)


@signed_in
@require_POST
def attest(request: HttpRequest, dataset: str) -> HttpResponse:
    """The declaration alone, sealing later."""
    row, form = find(Dataset, dataset, person(request)), AttestForm(request.POST)
    if not form.is_valid():
        return _closing(request, row, form, attestation.TEXTS[get_language() or "en"], 422)
    actions.attest(dataset=row, text_hash=form.cleaned_data["text_hash"])
    messages.success(request, gettext("Your declaration is recorded."))
    return redirect("dataset-seal", row.public_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, dataset: str) -> HttpResponse:
    row = find(Dataset, dataset, person(request))
    if request.method == "POST":
        actions.withdraw(dataset=row)
        messages.success(request, gettext("The dataset is withdrawn. Its files are being deleted."))
        return redirect("datasets")
    if row.state == DatasetState.WITHDRAWN:
        return redirect("dataset", row.public_id)
    return render(request, "material/withdraw.html", {"dataset": row, "tally": queries.tally(row)})
