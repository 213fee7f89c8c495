"""The notice that anybody may file, and the claimant's view of what becomes of it."""

from email.utils import parseaddr

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.models import User
from atelier.kit.language import tongue

from . import actions, limit, links
from .forms import AnswerForm, AppealForm, NoticeForm
from .models import Case, Event, Kind
from .states import DECIDED, CaseState

SENT = "notice_sent"


@require_http_methods(["GET", "HEAD", "POST"])
def notice(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _form(request, NoticeForm(initial=_known(request)), 200)
    form = NoticeForm(request.POST)
    if not form.is_valid():
        return _form(request, form, 422)
    if limit.spent(request):
        form.add_error(None, gettext("You have sent several notices within the hour. Nothing is lost: send this one again in an hour."))
        return _form(request, form, 429)
    case = actions.file(notice=form.notice(), language=tongue())
    request.session[SENT] = {"number": case.number, "email": case.email}
    return redirect("notice_sent")


@never_cache
@require_safe
def sent(request: HttpRequest) -> HttpResponse:
    """Only for whoever just sent one; the link to the case itself is in her mail alone."""
    kept = request.session.get(SENT)
    return render(request, "takedown/sent.html", kept) if kept else redirect("notice")


@never_cache
@require_safe
def case(request: HttpRequest, case: str, key: str) -> HttpResponse:
    return _case(request, links.find(case, key))


@require_POST
def confirm(request: HttpRequest, case: str, key: str) -> HttpResponse:
    row = links.find(case, key)
    actions.confirm(case=row)
    messages.success(request, gettext("Thank you: your address is confirmed."))
    return HttpResponseRedirect(links.path(row))


@require_POST
def appeal(request: HttpRequest, case: str, key: str) -> HttpResponse:
    row, form = links.find(case, key), AppealForm(request.POST)
    if not form.is_valid():
        return _case(request, row, form, 422)
    actions.appeal(case=row, words=form.cleaned_data["words"])
    messages.success(request, gettext("Your appeal has arrived."))
    return HttpResponseRedirect(links.path(row))


@require_POST
def answer(request: HttpRequest, case: str, key: str) -> HttpResponse:
    row, form = links.find(case, key), AnswerForm(request.POST)
    if not form.is_valid():
        return _case(request, row, form, 422)
    actions.answer(case=row, words=form.cleaned_data["answer"])
    messages.success(request, gettext("Your answer has arrived."))
    return HttpResponseRedirect(links.path(row))


def _form(request: HttpRequest, form: NoticeForm, status: int) -> HttpResponse:
    return render(request, "takedown/notice.html", {"form": form, "contact": parseaddr(settings.DEFAULT_FROM_EMAIL)[1]}, status=status)


def _case(request: HttpRequest, row: Case, form: AppealForm | AnswerForm | None = None, status: int = 200) -> HttpResponse:
    events = list(row.events.all())
    shown = {
        "case": row,
        "key": links.key(row),
        "events": events,
        "appeal": form if isinstance(form, AppealForm) else AppealForm(),
        "answer": form if isinstance(form, AnswerForm) else AnswerForm(),
        "may_appeal": actions.may_appeal(row),
        "decision": _last(events, *DECIDED),
        "question": _last(events, Kind.ASKED) if row.state == CaseState.ASKED else None,
    }
    return render(request, "takedown/case.html", shown, status=status)


def _last(events: list[Event], *kinds: str) -> Event | None:
    return next((event for event in reversed(events) if event.kind in kinds), None)


def _known(request: HttpRequest) -> dict[str, str]:
    """What we know of a reader who is signed in, and what the page she comes from is about."""
    user, where = request.user, request.GET.get("about", "")[:500]
    known = {"name": user.name, "email": user.email} if isinstance(user, User) else {}
    return {**known, "where": where}
