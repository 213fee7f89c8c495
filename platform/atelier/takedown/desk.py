"""The desk, where staff reads notices and decides. For anybody else who is signed in there is nothing here."""

from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from atelier.accounts.door import kept, person, signed_in, staff
from atelier.accounts.models import Role, User
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from . import actions, queries, subjects
from .desk_forms import DecisionForm, QuestionForm, QueueForm, SeenForm
from .models import Case
from .states import DECIDED, CaseState

PER_PAGE = 25
Deed = Callable[[Case, User, dict[str, Any]], None]


@never_cache
@signed_in
@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    me, form = staff(request), QueueForm(request.GET)
    right = form.is_valid()
    page = Paginator(queries.rows(me, **(form.cleaned_data if right else {})), PER_PAGE).get_page(request.GET.get("page"))
    asked = request.GET.copy()
    asked.pop("page", None)
    cases: list[queries.Taken] = list(page)
    shown = {
        "form": form,
        "page": page,
        "cases": cases,
        "waiting": queries.waiting(),
        "people": _people(case.taken_by for case in cases),
        "names": subjects.named(case.subject for case in cases),
        "kept": asked.urlencode(),
        "filtered": any(asked.get(name) for name in form.fields),
    }
    return render(request, "takedown/desk.html", shown, status=200 if right else 422)


@never_cache
@signed_in
@require_safe
def case(request: HttpRequest, case: str) -> HttpResponse:
    staff(request)
    return _case(request, find_case(case), kept(request) or {})


@signed_in
@require_POST
def take_up(request: HttpRequest, case: str) -> HttpResponse:
    return _do(request, case, SeenForm, _take_up, gettext_lazy("You took it up. The claimant is told by mail."))


@signed_in
@require_POST
def ask(request: HttpRequest, case: str) -> HttpResponse:
    return _do(request, case, QuestionForm, _ask, gettext_lazy("The question is on its way to the claimant."))


@signed_in
@require_POST
def decide(request: HttpRequest, case: str) -> HttpResponse:
    return _do(request, case, DecisionForm, _decide, gettext_lazy("It is decided. The claimant gets the reason by mail."))


def find_case(number: str) -> queries.Taken:
    found = None if "\0" in number else queries.taken().select_related("studio").filter(number=number).first()
    if found is None:
        raise not_found()
    return found


def _do(request: HttpRequest, number: str, kind: type[Form], deed: Deed, done: Promise) -> HttpResponse:
    """The deed, or the page as things stand now with the reason why not, and with what was typed."""
    me, row, form = staff(request), find_case(number), kind(request.POST)
    if not form.is_valid():
        return _case(request, row, request.POST, form, status=422)
    try:
        deed(row, me, form.cleaned_data)
    except Refused as refused:
        return _case(request, find_case(number), request.POST, refused=refused.told(), status=refused.status)
    messages.success(request, str(done))
    return redirect("desk-case", number)


def _take_up(case: Case, me: User, said: dict[str, Any]) -> None:
    actions.take_up(case=case, by=me, seen=said["seen"])


def _ask(case: Case, me: User, said: dict[str, Any]) -> None:
    actions.ask(case=case, by=me, words=said["question"], seen=said["seen"])


def _decide(case: Case, me: User, said: dict[str, Any]) -> None:
    upheld = said["outcome"] == CaseState.UPHELD
    actions.decide(case=case, by=me, upheld=upheld, words=said["reason"], seen=said["seen"])


def _case(
    request: HttpRequest,
    row: queries.Taken,
    typed: Mapping[str, Any],
    wrong: Form | None = None,
    *,
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    events, first = list(row.events.all()), actions.decided_first(row)
    barred = bool(first and first.actor == person(request).pk)
    about, by_her = queries.others(row)
    shown = {
        "case": row,
        "events": events,
        "people": _people([row.taken_by, *(event.actor for event in events)]),
        "subject": subjects.subject(row.subject),
        "owners": _owners(row),
        "about": about,
        "by_her": by_her,
        "appeal": first,
        "undecided": row.state not in DECIDED,
        "open": row.state not in DECIDED and not barred,
        "forms": {"question": _form(QuestionForm, wrong, typed), "decision": _form(DecisionForm, wrong, typed)},
        "refused": refused,
        "takedowns": list(row.takedowns.all()),
        "starts": subjects.starts(row.subject),
        "lost": refused and (typed.get("reason") or typed.get("question")),
    }
    return render(request, "takedown/desk_case.html", shown, status=status)


def _form(kind: type[Form], wrong: Form | None, typed: Mapping[str, Any]) -> Form:
    """The one that was not right with its errors; another, or none, with what was typed."""
    return wrong if isinstance(wrong, kind) else kind(initial={name: typed.get(name) for name in kind.base_fields if name != "seen"})


def _owners(row: Case) -> list[User]:
    """Whom to write to at the studio."""
    return list(User.objects.filter(memberships__studio=row.studio_id, memberships__role=Role.OWNER)) if row.studio_id else []


def _people(ids: Any) -> dict[Any, str]:
    """Colleagues by id, as they call themselves."""
    rows = User.objects.filter(pk__in={each for each in ids if each})
    return {row.pk: row.name or row.email for row in rows}
