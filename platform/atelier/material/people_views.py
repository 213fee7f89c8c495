"""Who can be recognised in a dataset: the questions about its clips, the answers to them, and the consents."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.access import find
from atelier.accounts.door import kept, person, signed_in
from atelier.kit import papers
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from . import consents
from .forms import ConsentForm
from .models import Asset, Consent, Dataset, Question
from .people import People
from .states import DatasetState


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def people(request: HttpRequest, dataset: str) -> HttpResponse:
    """The POST answers the ticked questions."""
    row = find(Dataset, dataset, person(request))
    if request.method == "POST":
        _answer(request, row)
        return redirect("dataset-people", row.public_id)
    return render(request, "material/people.html", {"dataset": row, "people": People.of(row)})


def _answer(request: HttpRequest, row: Dataset) -> None:
    me = person(request)
    asked = [find(Question, each, me) for each in request.POST.getlist("question")]
    if not asked:
        messages.error(request, gettext("Tick the clips that you answer for."))
        return
    try:
        if request.POST.get("do") == "nobody":
            count = consents.answer_nobody(dataset=row, questions=asked)
        else:
            given = [find(Consent, each, me) for each in request.POST.getlist("consent")]
            count = consents.answer_consented(dataset=row, questions=asked, consents=given)
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.error(request, refused.told())
        return
    messages.success(request, ngettext("%(count)s clip is answered.", "%(count)s clips are answered.", count) % {"count": count})


@signed_in
@require_POST
def ask(request: HttpRequest, asset: str) -> HttpResponse:
    """Somebody can be recognised where no face was seen."""
    row = find(Asset, asset, person(request))
    consents.ask(asset=row)
    return redirect("dataset-people", row.dataset.public_id)


@signed_in
@require_POST
def reopen(request: HttpRequest, question: str) -> HttpResponse:
    row = find(Question, question, person(request))
    consents.reopen(question=row)
    return redirect("dataset-people", row.asset.dataset.public_id)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def record(request: HttpRequest, dataset: str) -> HttpResponse:
    row = find(Dataset, dataset, person(request))
    if row.state != DatasetState.OPEN:
        return redirect("dataset-people", row.public_id)
    posted = request.method == "POST"
    form = ConsentForm(request.POST, request.FILES) if posted else ConsentForm(kept(request))
    if posted and form.is_valid() and _recorded(row, form):
        messages.success(request, gettext("The consent is recorded. Tie it to the clips that it is about."))
        return redirect("dataset-people", row.public_id)
    return render(request, "material/consent.html", {"dataset": row, "form": form}, status=422 if posted else 200)


def _recorded(row: Dataset, form: ConsentForm) -> bool:
    """Whether it was. A refusal is shown in the form, with what was typed."""
    try:
        consents.record_consent(dataset=row, **form.given)
    except Refused as refused:
        field = refused.extra.get("field")
        form.add_error(field if field in form.fields else None, refused.told())
        return False
    return True


@signed_in
@require_safe
def paper(request: HttpRequest, consent: str) -> HttpResponse:
    """The signed consent, for nobody but the dataset's owner."""
    row = find(Consent, consent, person(request))
    if not row.paper_key:
        raise not_found()
    return papers.shown(row)
