"""Sharing a licence: giving and ending its seats from its page, and the page behind the link of an offer."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from atelier.accounts.access import find
from atelier.accounts.door import person, signed_in
from atelier.accounts.queries import has_address
from atelier.kit.language import tongue
from atelier.kit.mail import masked
from atelier.kit.refused import Refused

from . import pages, sharing
from .models import Licence, Seat


class OfferForm(forms.Form):
    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)


@signed_in
@require_POST
def offer(request: HttpRequest, licence: str) -> HttpResponse:
    row = find(Licence, licence, person(request))
    form = OfferForm(request.POST)
    if not form.is_valid() or not _offered(request, row, form):
        return pages.page(request, row, form, status=422)
    messages.success(request, gettext("The offer is on its way to %(email)s. It is good for a week.") % form.cleaned_data)
    return redirect("licence", licence)


@signed_in
@require_POST
def end(request: HttpRequest, licence: str, seat: str) -> HttpResponse:
    row = find(Licence, licence, person(request))
    ended = sharing.end(seat=find(Seat, seat, person(request)), by=person(request))
    if ended.person_id == person(request).pk:
        messages.success(request, gettext("You have given the seat up. Your models and your material stay yours."))
        return redirect("licences")
    messages.success(request, gettext("The seat is free again."))
    return redirect("licence", row.public_id)


@require_http_methods(["GET", "HEAD", "POST"])
def seat(request: HttpRequest, ticket: str) -> HttpResponseBase:
    """What the link of the mail opens, signed in or not; taking the seat needs an account of the address that it was offered to."""
    row = sharing.of_ticket(ticket)
    sharing.require_open(row)
    if request.method == "POST":
        return _take(request, ticket)
    fits = request.user.is_authenticated and has_address(person(request), row.email)
    tier = row.licence.revision.tier
    shown = {"seat": row, "licence": row.licence, "tier": tier, "holder": row.licence.holder, "fits": fits, "address": masked(row.email)}
    return render(request, "licences/seat.html", shown)


@signed_in
def _take(request: HttpRequest, ticket: str) -> HttpResponse:
    row = sharing.take(seat=sharing.of_ticket(ticket), by=person(request))
    messages.success(request, gettext("You have a seat now: this licence is among yours."))
    return redirect("licence", row.licence.public_id)


def _offered(request: HttpRequest, row: Licence, form: OfferForm) -> bool:
    """Whether it went out. A refusal is shown in the form, with what was typed."""
    wanted: dict[str, Any] = form.cleaned_data
    try:
        sharing.offer(licence=row, by=person(request), language=tongue(), **wanted)
    except Refused as refused:
        if refused.status == 403:
            raise
        form.add_error("email", refused.told())
        return False
    return True
