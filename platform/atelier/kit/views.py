"""What belongs to no business: the reader's choice of light, and the style guide."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

THEMES = ("dark", "light", "system")
YEAR = 365 * 24 * 3600
PARTS = "parts"
ROOMS = ("account", "buy", "desk", "material", "model", "public", "studio", "training", "verify", "wizard")
# What the style guide shows, and the sheets that it needs beside the one of every page.
SHEETS = {PARTS: (), **{room: (room,) for room in ROOMS}, "offers": ("studio", "offers")}


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Keeps the reader's choice in a cookie and shows the page she came from again."""
    back, chosen = request.POST.get("next", ""), request.POST.get("theme", "")
    here = url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure())
    answer = HttpResponseRedirect(back if here else "/")
    if chosen in THEMES:
        answer.set_cookie("theme", chosen, max_age=YEAR, secure=settings.SECURE, httponly=True, samesite="Lax")
    return answer


def styleguide(request: HttpRequest) -> HttpResponse:
    """Every component in every state: the parts, or one room's (`?room=buy`). In debug only (urls.py), and in English."""
    room = request.GET.get("room", PARTS)
    if room not in SHEETS:
        raise Http404
    sheets = [f"{each}.room.css" for each in SHEETS[room]]
    shown = {"room": room, "rooms": list(SHEETS), "sheets": sheets, "template": f"styleguide/{room}.html"}
    return render(request, "styleguide.html", shown)
