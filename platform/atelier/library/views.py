"""The pages of custom models: the shelf, one model with its files and how to use it, and what is handed over."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext
from django.views.decorators.http import require_POST, require_safe

from atelier.accounts import access
from atelier.accounts.door import person, signed_in
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused
from atelier.licences.models import Licence

from . import actions, previews, snippets
from .actions import Link
from .card import Card, cards
from .forms import NameForm, UseForm
from .models import Artifact, CustomModel, Handover, Preview
from .states import HandoverState

PER_PAGE = 24


def language() -> str:
    return get_language() or "en"


def found(model: str, request: HttpRequest) -> CustomModel:
    row = access.find(CustomModel, model, person(request))
    whole = CustomModel.objects.select_related("owner", "licence__revision__tier__offering__version", "licence__studio")
    return whole.prefetch_related("artifacts").get(pk=row.pk)


@require_safe
@signed_in
def models(request: HttpRequest) -> HttpResponse:
    rows = access.visible(CustomModel, person(request)).select_related("owner", "licence__revision__tier__offering__version")
    page = Paginator(rows.order_by("-created_at"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "library/models.html", {"page": page, "cards": cards(page.object_list, language())})


@require_safe
@signed_in
def model(request: HttpRequest, model: str) -> HttpResponse:
    row = found(model, request)
    return _model(request, row)


def _model(
    request: HttpRequest, row: CustomModel, form: NameForm | None = None, use: UseForm | None = None, status: int = 200
) -> HttpResponse:
    forms = {"form": form or NameForm(initial={"name": row.name}), "use": use or UseForm(initial=row.use, language=language())}
    shown = {"card": Card(row, language()), "model": row, "declared": row.declarations.all(), **forms}
    return render(request, "library/model.html", shown, status=status)


@require_POST
@signed_in
def rename(request: HttpRequest, model: str) -> HttpResponse:
    row, form = found(model, request), NameForm(request.POST)
    if not form.is_valid():
        return _model(request, row, form, status=422)
    actions.rename(model=row, name=form.cleaned_data["name"], by=person(request))
    messages.success(request, gettext("The model has its new name."))
    return redirect("model", row.public_id)


@require_POST
@signed_in
def declare(request: HttpRequest, model: str) -> HttpResponse:
    row, form = found(model, request), UseForm(request.POST, language=language())
    try:
        if form.is_valid():
            actions.declare(model=row, use=form.use, by=person(request))
            messages.success(request, gettext("It is declared. Copies from now on say so; those you have keep what they say."))
            return redirect("model", row.public_id)
    except Refused as refused:
        form.add_error(None, refused.told())
    return _model(request, row, use=form, status=422)


@require_POST
@signed_in
def withdraw(request: HttpRequest, model: str) -> HttpResponse:
    row = found(model, request)
    if request.POST.get("sure") != "yes":
        messages.error(request, gettext("Tick the box to say that you mean it. Nothing was changed."))
        return redirect("model", row.public_id)
    actions.withdraw(model=row, by=person(request).id, reason="withdrawn by its owner")
    messages.success(request, gettext("The model is withdrawn. Its certificates are on the list of what was taken back."))
    return redirect("model", row.public_id)


@require_POST
@signed_in
def hand_over(request: HttpRequest, model: str) -> HttpResponse:
    """For weights a copy is made; every other file comes from its own address."""
    row = found(model, request)
    given = actions.hand_over(model=row, path=request.POST.get("file", ""), person=person(request))
    return _away(given) if isinstance(given, Link) else redirect("handover", given.public_id)


@require_safe
@signed_in
def file(request: HttpRequest, model: str, artifact: str) -> HttpResponse:
    """Leads to a file other than weights by a link of a few minutes."""
    row = found(model, request)
    wanted = Artifact.objects.filter(model=row, pk=Artifact.parse_id(artifact)).first()
    if wanted is None or wanted.layout:
        raise not_found()
    given = actions.hand_over(model=row, path=wanted.path, person=person(request))
    assert isinstance(given, Link)
    return _away(given)


@require_safe
@signed_in
def preview(request: HttpRequest, model: str, preview: str, form: str) -> HttpResponse:
    """Leads to a preview's clip or still, to be seen on the page."""
    row = found(model, request)
    actions.require_published(row)
    return previews.shown(Preview.objects.filter(training=row.training, pk=Preview.parse_id(preview)).first(), form, row.licence, row.owner)


@require_POST
@signed_in
def hand_adapter(request: HttpRequest, licence: str) -> HttpResponse:
    """A copy of the house adapter under this licence."""
    row = access.find(Licence, licence, person(request))
    given = actions.hand_adapter(licence=row, person=person(request), wanted=request.POST.get("adapter", ""))
    return redirect("handover", given.public_id)


@require_safe
@signed_in
def handover(request: HttpRequest, handover: str) -> HttpResponse:
    """How far a copy is. While it is made, the page looks again by itself."""
    row = access.find(Handover, handover, person(request))
    model = found(row.artifact.model.public_id, request) if row.artifact else None
    name = actions.filename(row.source)
    shown: dict[str, Any] = {"handover": row, "model": model, "name": name, "card": Card(model, language()) if model else None}
    shown["commands"] = snippets.verify(settings.PUBLIC_URL, name, row.licence.number)
    return render(request, "library/handover.html", {**shown, "preparing": row.state == HandoverState.PREPARING})


@require_safe
@signed_in
def handover_file(request: HttpRequest, handover: str) -> HttpResponse:
    """Leads to the copy. Each link is noted in the studio's log."""
    row = access.find(Handover, handover, person(request))
    given = actions.link(handover=row)
    if given is None:
        return redirect("handover", row.public_id)
    return _away(given)


def _away(given: Link) -> HttpResponse:
    answer = HttpResponseRedirect(given.url)
    answer["Cache-Control"] = "no-store"
    return answer
