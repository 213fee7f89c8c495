"""One tier: its history, its editor with a preview of the licence, what an edit changes, closing and opening it again."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.door import kept, signed_in
from atelier.catalog import actions
from atelier.catalog.models import Offering, Tier, TierRevision
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused
from licensing.diff import Change, differences
from licensing.terms import Terms
from licensing.text import Document, licence_document, summary

from .offers import find_offering
from .room import Room, room, show
from .tiers_form import TierForm, initial_of, language

PREVIEW, SAVE = "preview", "save"
LANGUAGES = ("fr", "en")
NOT_TYPED = ("csrfmiddlewaretoken", "do", "seen")


@dataclass(frozen=True)
class Version:
    """A licence in one language, as a preview shows it."""

    language: str
    may: list[str]
    may_not: list[str]
    document: Document


@dataclass(frozen=True)
class Past:
    """A revision in a tier's history."""

    revision: TierRevision
    sold: int
    changes: list[Change]
    price_before: Any


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, studio: str, offering: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    row = find_offering(here, offering)
    form = TierForm(_typed(request), offering=row)
    if request.method == "POST" and request.POST.get("do") != PREVIEW and form.is_valid():
        try:
            tier = _open(here, row, form)
        except Refused as refused:
            form.add_error("name", refused.told())
        else:
            messages.success(request, gettext("The tier is on sale."))
            return redirect("studio-tier", here.id, row.public_id, tier.public_id)
    return _editor(request, here, row, form)


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, studio: str, offering: str, tier: str) -> HttpResponse:
    """Saving shows first what changes; saving what was seen makes the revision. Another revision in between is shown again."""
    here = room(request, studio, STUDIO_WRITERS)
    row = find_offering(here, offering)
    found = _tier(row, tier)
    if not found.open:
        raise Refused("tier_closed", "This tier is closed. Put it on sale again, or open a new one.")
    before = found.current
    form = TierForm(_typed(request), offering=row, existing=True, initial=initial_of(before))
    if request.method != "POST" or request.POST.get("do") == PREVIEW or not form.is_valid():
        return _editor(request, here, row, form, found)
    assert form.terms is not None and form.money is not None
    if form.terms.id == before.terms_id and form.money == before.price:
        messages.info(request, gettext("Nothing changed, so there is no new revision."))
        return redirect("studio-tier", here.id, row.public_id, found.public_id)
    if request.POST.get("seen") != _seen(before, form):
        return _compare(request, here, found, before, form)
    revision = actions.revise_tier(tier=found, by=here.person, terms=form.chosen(), price=form.money)
    words = gettext("Revision %(number)s is on sale. Licences sold before keep their terms.")
    messages.success(request, words % {"number": revision.number})
    return redirect("studio-tier", here.id, row.public_id, found.public_id)


@signed_in
@require_safe
def tier(request: HttpRequest, studio: str, offering: str, tier: str) -> HttpResponse:
    here = room(request, studio)
    row = find_offering(here, offering)
    found = _tier(row, tier)
    past = _history(found)
    may, may_not = summary(past[0].revision.terms, language())
    shown = {"offering": row, "tier": found, "past": past, "may": may, "may_not": may_not, "sold": sum(each.sold for each in past)}
    return show(request, here, "studio/offers_tier.html", shown)


@signed_in
@require_POST
def switch(request: HttpRequest, studio: str, offering: str, tier: str) -> HttpResponse:
    """Takes a tier off sale, or puts it back."""
    here = room(request, studio, STUDIO_WRITERS)
    row = find_offering(here, offering)
    found = _tier(row, tier)
    if request.POST.get("do") == "close":
        actions.close_tier(tier=found, by=here.person)
        messages.success(request, gettext("The tier is off sale. Licences sold under it live on."))
    else:
        actions.reopen_tier(tier=found, by=here.person)
        messages.success(request, gettext("The tier is on sale again."))
    return redirect("studio-tier", here.id, row.public_id, found.public_id)


def _typed(request: HttpRequest) -> Any:
    return request.POST if request.method == "POST" else kept(request)


def _open(here: Room, offering: Offering, form: TierForm) -> Tier:
    assert form.money is not None
    return actions.open_tier(offering=offering, by=here.person, name=form.cleaned_data["name"], terms=form.chosen(), price=form.money)


def _tier(offering: Offering, tier: str) -> Tier:
    row = offering.tiers.filter(pk=Tier.parse_id(tier)).first()
    if row is None:
        raise not_found()
    return row


def _editor(request: HttpRequest, here: Room, offering: Offering, form: TierForm, tier: Tier | None = None) -> HttpResponse:
    """The form with its preview: of what was typed where that is in order, of the present terms while nothing was typed."""
    terms = form.terms if form.is_bound and form.is_valid() else None
    if terms is None and not form.is_bound and tier is not None:
        terms = tier.current.terms
    asked = request.method == "POST" and request.POST.get("do") == PREVIEW
    shown = {"offering": offering, "tier": tier, "form": form, "versions": _versions(terms) if terms else [], "asked": asked}
    return show(request, here, "studio/offers_tier_form.html", shown, status=422 if request.method == "POST" and not asked else 200)


def _versions(terms: Terms) -> list[Version]:
    """The reader's language first."""
    order = sorted(LANGUAGES, key=lambda each: each != language())
    return [Version(each, *summary(terms, each), licence_document(terms, each)) for each in order]


def _seen(before: TierRevision, form: TierForm) -> str:
    """What a reader has agreed to: this revision replaced by these terms for this price."""
    assert form.terms is not None and form.money is not None
    return f"{before.number} {form.terms.id} {form.money.amount} {form.money.currency}"


def _compare(request: HttpRequest, here: Room, tier: Tier, before: TierRevision, form: TierForm) -> HttpResponse:
    assert form.terms is not None and form.money is not None
    typed = [
        (name, value) for name, values in request.POST.lists() for value in values if name not in ("csrfmiddlewaretoken", "do", "seen")
    ]
    shown = {
        "offering": tier.offering,
        "tier": tier,
        "before": before,
        "price": form.money,
        "changes": differences(before.terms, form.terms, language()),
        "typed": typed,
        "seen": _seen(before, form),
        "again": bool(request.POST.get("seen")),
        "sold": sum(past.sold for past in _history(tier)),
        "back": reverse("studio-tier-edit", args=[here.id, tier.offering.public_id, tier.public_id]),
    }
    return show(request, here, "studio/offers_diff.html", shown)


def _history(tier: Tier) -> list[Past]:
    """Newest first, each with how it differs from the one before it."""
    rows = list(tier.revisions.annotate(sold=Count("licences")).order_by("-number"))
    older: list[TierRevision | None] = [*rows[1:], None]
    return [
        Past(
            row,
            row.sold,
            differences(previous.terms, row.terms, language()) if previous else [],
            previous.price if previous and previous.price != row.price else None,
        )
        for row, previous in zip(rows, older, strict=True)
    ]
