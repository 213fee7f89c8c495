"""The studio's room: choosing one, what its members see first, and closing it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from atelier.accounts import actions
from atelier.accounts.access import has_two_step
from atelier.accounts.door import kept, person, require_fresh, signed_in
from atelier.accounts.models import Membership, Role
from atelier.licences.queries import database_now

from . import closing
from . import overview as queries
from .forms import ClosingForm, StudioForm
from .room import room, show
from .words import ROLES


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def rooms(request: HttpRequest) -> HttpResponse:
    """One studio: straight into it. Several: choose. None, or `?open`: what a studio is, and how to open one."""
    me = person(request)
    form = StudioForm(request.POST if request.method == "POST" else kept(request))
    if request.method == "POST" and form.is_valid():
        studio = actions.open_studio(owner=me, **form.cleaned_data)
        messages.success(request, gettext("Your studio is open. You are its owner."))
        inside = reverse("studio-room", args=[studio.public_id])
        return redirect(inside if has_two_step(me) else f"{reverse('two-step')}?{urlencode({'next': inside})}")
    mine = list(Membership.objects.filter(user=me).select_related("studio").order_by("studio__name"))
    if request.method != "POST" and len(mine) == 1 and not form.is_bound and "open" not in request.GET:
        return redirect("studio-room", mine[0].studio.public_id)
    chosen = [(member.studio, ROLES[member.role]) for member in mine]
    opening = not mine or "open" in request.GET or form.is_bound
    return render(
        request,
        "studio/rooms.html",
        {"chosen": chosen, "form": form, "opening": opening},
        status=422 if request.method == "POST" else 200,
    )


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: HttpRequest, studio: str) -> HttpResponse:
    """What goes and what stays; what has to happen first; and then the name, typed."""
    here = room(request, studio, (Role.OWNER,))
    sends = request.method == "POST"
    form = ClosingForm(here.studio, request.POST if sends else None)
    if sends and form.is_valid():
        require_fresh(request)
        closing.close(studio=here.studio, by=here.person)
        messages.success(request, gettext("The studio %(name)s is closed.") % {"name": here.studio.name})
        return redirect("home")
    reasons = [refused.told() for refused in closing.reasons(here.studio)]
    return show(request, here, "studio/close.html", {"form": form, "reasons": reasons}, status=422 if sends else 200)


@signed_in
@require_safe
def overview(request: HttpRequest, studio: str) -> HttpResponse:
    here = room(request, studio)
    now = database_now()
    shown = {
        "begun": queries.begun(here.studio),
        "figures": queries.figures(here.studio, now.date()),
        "live": (live := queries.live(here.studio, now)),
        "live_count": sum(share.count for share in live),
        "running": queries.running(here.studio),
        "income": queries.income(here.studio, now.date()),
        "questions": queries.questions(here.studio),
    }
    return show(request, here, "studio/overview.html", shown)
