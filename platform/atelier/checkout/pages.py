"""Buying a licence, and what becomes of the order. Nothing is granted here: the payment provider's message does that (folding.py)."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from atelier.accounts.access import find
from atelier.accounts.door import kept, person, signed_in
from atelier.catalog import queries as catalog
from atelier.catalog.models import Tier, TierRevision
from atelier.catalog.poster import poster
from atelier.kit.ids import not_found
from atelier.kit.language import tongue
from atelier.kit.refused import Refused
from atelier.licences.mails import contact
from licensing.diff import Change, differences
from licensing.text import licence_document, summary

from . import actions, queries
from .forms import Acceptance, GiveBack
from .models import Order
from .standing import standing

PER_PAGE = 25
CAME_BACK = "came_back_from_paying"


@dataclass(frozen=True)
class Changed:
    """What the studio revised between the form that was shown and the one that counts."""

    clauses: list[Change]
    before: TierRevision
    after: TierRevision

    @property
    def price(self) -> bool:
        return self.before.price != self.after.price


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def buy(request: HttpRequest, tier: str) -> HttpResponse:
    row = catalog.tier(tier)
    if not row.open:
        raise Refused("tier_closed", "This tier is no longer on sale. Choose another one.")
    if request.method == "POST":
        return _order(request, row)
    return _summary(request, row, _acceptance(request, row, row.current, kept(request)))


def _acceptance(request: HttpRequest, tier: Tier, revision: TierRevision, typed: QueryDict | None = None) -> Acceptance:
    """An empty form over this revision; with what was typed before its reader had to sign in again, where it is about the same text."""
    names = {"revision": revision.public_id, "text": licence_document(revision.terms, tongue()).hash}
    same = typed is not None and all(typed.get(name) == value for name, value in names.items())
    return Acceptance(initial=names | {"accept": same}, holds=queries.held(person(request), tier) is not None)


def _order(request: HttpRequest, tier: Tier) -> HttpResponse:
    """One click: the order, then the provider's payment page. A text that changed since is shown, and has to be accepted anew."""
    revision = tier.current
    form = Acceptance(request.POST, holds=queries.held(person(request), tier) is not None)
    if changed := _changed(tier, request.POST.get("revision", ""), revision):
        return _summary(request, tier, _acceptance(request, tier, revision), changed=changed, status=409)
    if not form.is_valid():
        return _summary(request, tier, form, status=422)
    try:
        order = actions.open_order(buyer=person(request), revision=revision, accepted_text=form.cleaned_data["text"], language=tongue())
    except Refused as refused:
        return _summary(request, tier, _acceptance(request, tier, tier.current), refused=refused, status=refused.status)
    return _to_payment(request, order)


def _changed(tier: Tier, accepted: str, now: TierRevision) -> Changed | None:
    if accepted == now.public_id or not accepted:
        return None
    before = tier.revisions.filter(pk=TierRevision.parse_id(accepted)).first()
    if before is None:
        raise not_found()
    return Changed(differences(before.terms, now.terms, tongue()), before, now)


def _summary(
    request: HttpRequest, tier: Tier, form: Acceptance, *, changed: Changed | None = None, refused: Refused | None = None, status: int = 200
) -> HttpResponse:
    revision = tier.current
    terms = revision.terms
    may, may_not = summary(terms, tongue())
    shown = {
        "tier": tier,
        "revision": revision,
        "terms": terms,
        "version": tier.offering.version,
        "poster": poster(tier.offering.digest),
        "may": may,
        "may_not": may_not,
        "document": licence_document(terms, tongue()),
        "form": form,
        "changed": changed,
        "refused": refused,
        "held": queries.held(person(request), tier),
        "days": queries.REFUND_WINDOW.days,
    }
    return render(request, "checkout/buy.html", shown, status=status)


@require_safe
def text(request: HttpRequest, tier: str) -> HttpResponse:
    """The licence text as it is sold now, to print or to keep."""
    row = catalog.tier(tier)
    return render(request, "checkout/text.html", {"tier": row, "document": licence_document(row.current.terms, tongue())})


def _to_payment(request: HttpRequest, order: Order) -> HttpResponse:
    """To the payment page while there is something to pay, to the order otherwise."""
    try:
        page = actions.payment_page(order=order)
    except Refused as refused:
        messages.error(request, refused.told())
        page = ""
    return HttpResponseRedirect(page) if page else redirect("order", order=order.public_id)


@signed_in
@require_safe
def orders(request: HttpRequest) -> HttpResponse:
    page = Paginator(queries.orders(person(request)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "checkout/orders.html", {"page": page, "shown": [standing(order) for order in page]})


@signed_in
@never_cache
@require_safe
def order(request: HttpRequest, order: str) -> HttpResponse:
    """Where the payment page leads back to. It only tells what the provider's message has made of the order."""
    row = find(Order, order, person(request))
    now = standing(row, _came_back(request, row))
    tier = row.revision.tier
    shown = {"now": now, "order": row, "tier": tier, "poster": poster(tier.offering.digest), "past": queries.past(row)}
    return render(request, "checkout/order.html", shown | {"contact": contact(), "until": queries.until(row)})


def _came_back(request: HttpRequest, order: Order) -> datetime | None:
    """When her browser first came back from the payment page of this order. Kept in her session, and no proof of anything."""
    known: dict[str, str] = request.session.get(CAME_BACK, {})
    if "paid" in request.GET and order.public_id not in known:
        known = {order.public_id: queries.database_now().isoformat()}
        request.session[CAME_BACK] = known
    at = known.get(order.public_id)
    return datetime.fromisoformat(at) if at else None


@never_cache
@require_safe
def state(request: HttpRequest, order: str) -> HttpResponse:
    """What an open order page asks every few seconds: 204 while there is nothing new to show, also for whoever has signed out since."""
    if not request.user.is_authenticated:
        return HttpResponse(status=204)
    row = find(Order, order, person(request))
    now = standing(row, _came_back(request, row))
    if request.GET.get("mark") == now.mark:
        return HttpResponse(status=204)
    return render(request, "checkout/_state.html", {"now": now, "order": row, "tier": row.revision.tier, "contact": contact()})


@signed_in
@require_POST
def pay(request: HttpRequest, order: str) -> HttpResponse:
    """Back to the payment page of an order that is still open."""
    return _to_payment(request, find(Order, order, person(request)))


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def give_back(request: HttpRequest, order: str) -> HttpResponse:
    row = find(Order, order, person(request))
    now = standing(row)
    if now.refund or now.no_refund:
        messages.error(request, now.no_refund.told() if now.no_refund else _("This order is being given back already."))
        return redirect("order", order=row.public_id)
    typed = kept(request)
    form = GiveBack(request.POST) if request.method == "POST" else GiveBack(initial=typed.dict() if typed else None)
    if not form.is_valid():
        return render(request, "checkout/give_back.html", {"order": row, "form": form}, status=422 if form.is_bound else 200)
    actions.ask_refund(order=row, by=person(request), reason=form.cleaned_data["reason"])
    messages.success(request, _("The licence is given back. Your money is on its way."))
    return redirect("order", order=row.public_id)


@signed_in
@require_safe
def invoice(request: HttpRequest, order: str) -> HttpResponse:
    row = find(Order, order, person(request))
    if row.paid_at is None:
        messages.info(request, _("There is an invoice as soon as the order is paid."))
        return redirect("order", order=row.public_id)
    shown = {"order": row, "tier": row.revision.tier, "refunded": standing(row).refunded, "contact": contact()}
    return render(request, "checkout/invoice.html", shown)
