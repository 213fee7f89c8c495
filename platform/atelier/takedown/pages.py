"""Takedowns on pages: the desk's, over anything, and a creator's, over what is hers. A studio's are in its room."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.door import kept, person, signed_in, staff
from atelier.accounts.models import User
from atelier.kit.ids import not_found

from . import takedowns, told
from .desk import find_case
from .kinds import Item
from .models import Case, Takedown

PER_PAGE = 25


@never_cache
@signed_in
@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    staff(request)
    if item := request.GET.get("item", "").strip():
        return redirect("desk-reach", item)
    page = Paginator(Takedown.objects.select_related("case", "studio"), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "takedown/takedowns.html", {"page": page})


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def reach(request: HttpRequest, item: str) -> HttpResponse:
    """The dry run, and the deed."""
    me = staff(request)
    wanted = takedowns.found(item, me, staff=True)
    return _reach(request, wanted, me, "desk-takedown", case=_case(request))


def _case(request: HttpRequest) -> Case | None:
    """The notice that leads here; what is no notice is no page."""
    number = request.GET.get("case", "")
    return find_case(number) if number else None


@never_cache
@signed_in
@require_safe
def takedown(request: HttpRequest, takedown: str) -> HttpResponse:
    staff(request)
    return _progress(request, _any(takedown), lift="desk-takedown-lift", form=told.LiftForm())


@signed_in
@require_POST
def lift(request: HttpRequest, takedown: str) -> HttpResponse:
    return _lift(request, _any(takedown), staff(request), "desk-takedown", staff_does=True)


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, item: str) -> HttpResponse:
    """A creator takes back a clip, a dataset or a consent."""
    me = person(request)
    wanted = takedowns.found(item, me)
    if wanted.owner != me:
        raise not_found()
    return _reach(request, wanted, me, "withdrawal")


@never_cache
@signed_in
@require_safe
def withdrawal(request: HttpRequest, takedown: str) -> HttpResponse:
    me = person(request)
    row = _hers(takedown, me)
    form = told.LiftForm() if takedowns.may_lift(row, me) else None
    return _progress(request, row, lift="withdrawal-lift", form=form)


@signed_in
@require_POST
def give_back(request: HttpRequest, takedown: str) -> HttpResponse:
    me = person(request)
    return _lift(request, _hers(takedown, me), me, "withdrawal")


def _any(public_id: str) -> Takedown:
    row = Takedown.objects.select_related("case", "studio", "by").filter(pk=Takedown.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


def _hers(public_id: str, me: User) -> Takedown:
    row = takedowns.see(public_id, me)
    if row.owner_id != me.pk:
        raise not_found()
    return row


def _reach(request: HttpRequest, item: Item, me: User, page: str, *, case: Case | None = None) -> HttpResponse:
    form = told.ReasonForm(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        row, began = takedowns.begin(item=item, by=me, reason=form.cleaned_data["reason"], case=case)
        say(request, began)
        return redirect(page, row.public_id)
    facts = told.dry_run(item, staff=me.is_staff and page == "desk-takedown")
    shown = {**facts, "form": form, "case": case, "page": page, "desk": page == "desk-takedown"}
    return render(request, "takedown/reach.html", shown, status=422 if request.method == "POST" else 200)


def say(request: HttpRequest, began: bool) -> None:
    if began:
        messages.success(request, gettext("It is in force. What follows from it is being done; this page says how far it is."))
    else:
        messages.info(request, gettext("This was taken down before. Here is what was done."))


def _progress(request: HttpRequest, row: Takedown, *, lift: str, form: told.LiftForm | None, status: int = 200) -> HttpResponse:
    shown = {**told.progress(row), "form": form if row.standing else None, "lift": lift, "desk": lift == "desk-takedown-lift"}
    return render(request, "takedown/takedown.html", shown, status=status)


def _lift(request: HttpRequest, row: Takedown, me: User, page: str, *, staff_does: bool = False) -> HttpResponse:
    form = told.LiftForm(request.POST)
    if not takedowns.may_lift(row, me, staff=staff_does):
        messages.info(request, gettext("This cannot be given back here any more."))
        return redirect(page, row.public_id)
    if not form.is_valid():
        return _progress(request, row, lift=f"{page}-lift", form=form, status=422)
    takedowns.lift(takedown=row, by=me, reason=form.cleaned_data["reason"])
    messages.success(request, gettext("It is lifted. Downloads and certificates count again; trainings that were stopped stay so."))
    return redirect(page, row.public_id)
