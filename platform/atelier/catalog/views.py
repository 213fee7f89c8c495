"""The pages that everybody may read: landing, catalogue, base model, tiers, licence texts, and what is written for programs."""

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import override
from django.views.decorators.http import require_safe

from atelier.kit import store
from atelier.kit.ids import not_found
from atelier.kit.language import tongue
from licensing.text import licence_document, summary

from . import disclosures, queries
from .fitting import Need
from .models import Tier
from .poster import poster
from .shelf import ORDERS, USES, Choice, Shown, Wish

PER_PAGE = 24
ON_LANDING = 3
LEGAL = ("imprint", "terms", "privacy")


@require_safe
def landing(request: HttpRequest) -> HttpResponse:
    newest = queries.catalogue().order_by("-created_at")[:ON_LANDING]
    return render(request, "catalog/landing.html", {"shown": [Shown.of(row) for row in newest]})


@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    wish = Wish.asked(request.GET.dict())
    page = Paginator(wish(queries.catalogue()), PER_PAGE).get_page(request.GET.get("page"))
    kept = request.GET.copy()
    kept.pop("page", None)
    return render(request, "catalog/catalogue.html", {"page": page, "wish": wish, "uses": USES, "orders": ORDERS, "kept": kept.urlencode()})


@require_safe
def offering(request: HttpRequest, offering: str) -> HttpResponse:
    shown = Shown.of(queries.offering(offering))
    tiers = [(choice, *summary(choice.terms, tongue())) for choice in shown.choices]
    return render(request, "catalog/offering.html", {"shown": shown, "version": shown.offering.version, "tiers": tiers})


@require_safe
def disclosure(request: HttpRequest, offering: str) -> HttpResponse:
    """What it learned from, as two laws ask for it: made from the rows."""
    shown = Shown.of(queries.offering(offering))
    return render(request, "catalog/disclosure.html", {"shown": shown, "disclosure": disclosures.of(shown.offering, tongue())})


@require_safe
def tiers(request: HttpRequest, offering: str) -> HttpResponse:
    """Side by side. With needs in the query each tier says what it lacks, and the first that lacks nothing is marked."""
    shown, need = Shown.of(queries.offering(offering)), Need.asked(request.GET.dict())
    columns = [(choice, need.lacks(choice.terms)) for choice in shown.choices]
    fits = next((choice for choice, lacks in columns if not lacks), None) if request.GET else None
    return render(
        request, "catalog/tiers.html", {"shown": shown, "columns": columns, "need": need, "fits": fits, "asked": bool(request.GET)}
    )


@require_safe
def tier(request: HttpRequest, tier: str) -> HttpResponse:
    row: Tier = queries.tier(tier)
    choice = Choice(row, row.current, row.current.terms)
    may, may_not = summary(choice.terms, tongue())
    document = licence_document(choice.terms, tongue())
    drawn = poster(row.offering.digest)
    return render(request, "catalog/tier.html", {"choice": choice, "may": may, "may_not": may_not, "document": document, "poster": drawn})


@require_safe
def legal(request: HttpRequest, page: str) -> HttpResponse:
    if page not in LEGAL:
        raise not_found()
    return render(request, f"legal/{page}.html", {"contact": settings.DEFAULT_FROM_EMAIL})


@require_safe
def sample(request: HttpRequest, sample: str) -> HttpResponse:
    """Leads to the film in the store by a link that was signed just now, so that a page open for an hour still plays it."""
    row = queries.sample(sample)
    answer = HttpResponseRedirect(store.link(store.MATERIAL, row.clean_key, "", inline=True, content_type=row.content_type))
    answer["Cache-Control"] = f"private, max-age={store.LINK_SECONDS // 2}"
    return answer


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    return _text(request, "machines/robots.txt")


@require_safe
def llms(request: HttpRequest) -> HttpResponse:
    with override("en"):
        return _text(request, "machines/llms.txt", shown=[Shown.of(row) for row in queries.catalogue()[:PER_PAGE]])


@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page in both languages."""
    fixed = [("landing", {}), ("catalogue", {}), ("notice", {}), ("verify", {}), *(("legal", {"page": page}) for page in LEGAL)]
    rows = [(name, {"offering": row.public_id}) for row in queries.catalogue() for name in ("offering", "tiers")]
    pages = [{code: _address(name, code, kept) for code, _ in settings.LANGUAGES} for name, kept in [*fixed, *rows]]
    return render(request, "machines/sitemap.xml", {"pages": pages}, content_type="application/xml")


def _address(name: str, code: str, kept: dict[str, str]) -> str:
    with override(code):
        return settings.PUBLIC_URL + reverse(name, kwargs=kept)


def _text(request: HttpRequest, template: str, **shown: object) -> HttpResponse:
    return render(request, template, shown, content_type="text/plain; charset=utf-8")
