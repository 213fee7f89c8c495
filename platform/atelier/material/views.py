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

from atelier.accounts.access import STUDIO_WRITERS, find, studios, visible
from atelier.accounts.door import kept, person, signed_in
from atelier.accounts.models import Studio, User
from atelier.kit.refused import Refused

from . import actions, attestation, meant, queries
from .forms import AttestForm, MeantForm, NameForm
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
    mine = Studio.objects.filter(pk__in=studios(me, STUDIO_WRITERS), closed_at=None).order_by("name")
    typed, initial = request.POST if request.method == "POST" else kept(request), {"licence": request.GET.get("licence", "")}
    form = NameForm(mine, meant.choice(me), typed, initial)
    if request.method == "POST" and form.is_valid() and (dataset := _opened(form, me)):
        return redirect("dataset", dataset.public_id)
    rows = visible(Dataset, me).select_related("studio").prefetch_related(first_clips()).order_by("-id")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    shown = {"page": page, "cards": Card.all(page), "form": form, "room": Room(queries.bytes_taken(me.pk))}
    return render(request, "material/datasets.html", shown, status=422 if request.method == "POST" else 200)


def _opened(form: NameForm, me: User) -> Dataset | None:
    try:
        return actions.open_dataset(owner=me, **form.cleaned_data)
    except Refused as refused:
        form.add_error("licence" if "licence" in form.fields else None, refused.told())
        return None


@signed_in
@require_safe
def dataset(request: HttpRequest, dataset: str) -> HttpResponse:
    row = find(Dataset, dataset, person(request))
    shown = {"dataset": row, "clips": Clips.asked(row, request), "left_over": left_over(request)}
    if row.state == DatasetState.OPEN:
        choice = meant.choice(person(request), row)
        shown |= {"meant": MeantForm(choice, initial={"licence": row.licence}) if choice else None}
        shown |= {"against": meant.against_upload(row)}
    return render(request, "material/dataset.html", shown)


@signed_in
@require_POST
def mean(request: HttpRequest, dataset: str) -> HttpResponse:
    """Which licence it is meant for, from now on."""
    row, form = find(Dataset, dataset, person(request)), MeantForm(meant.choice(person(request)), request.POST)
    if not form.is_valid():
        messages.error(request, gettext("Choose one of your licences that grants training."))
        return redirect("dataset", row.public_id)
    try:
        meant.mean(dataset=row, licence=form.cleaned_data["licence"])
    except Refused as refused:
        messages.error(request, refused.told())
    else:
        messages.success(request, gettext("Noted. What you add is held against it from now on.") if row.licence else gettext("Noted."))
    return redirect("dataset", row.public_id)


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
    shown["against"] = meant.against_seal(row) if row.state == DatasetState.OPEN else None
    shown["whole"] = next_step(row, tally) == "seal"
    shown["may"] = shown["whole"] and shown["against"] is None
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
