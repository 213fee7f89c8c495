"""Pages of a sweep: choosing what its runs differ in, and the board that compares them."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from atelier.accounts.access import find
from atelier.accounts.door import person, signed_in
from atelier.kit.refused import Refused
from atelier.kit.telling import telling

from . import sweeps
from .board import Board
from .curve import HEIGHT, WIDTH
from .forms import SweepForm
from .models import Draft, Sweep
from .wizard import step


@step
def lay(request: HttpRequest, draft: Draft) -> HttpResponse:
    """One setting and the values that it takes. Each gets a quote; nothing starts yet."""
    if "steps" not in draft.knobs:
        messages.info(request, gettext("Say first what you train for, and how."))
        return redirect("draft-settings", draft.public_id)
    form = SweepForm(request.POST if request.method == "POST" else None, draft=draft)
    if request.method == "POST" and form.is_valid():
        try:
            return redirect("sweep", sweeps.lay(draft=draft, **form.cleaned_data).public_id)
        except Refused as refused:
            form.add_error(None, refused.told())
    shown: dict[str, Any] = {"draft": draft, "form": form}
    return render(request, "trainings/sweep_lay.html", shown, status=422 if form.errors else 200)


@require_safe
@signed_in
def board(request: HttpRequest, sweep: str) -> HttpResponse:
    shown = {"board": Board(find(Sweep, sweep, person(request))), "box": {"width": WIDTH, "height": HEIGHT}}
    return render(request, "trainings/sweep.html", shown)


@require_POST
@signed_in
def start(request: HttpRequest, sweep: str) -> HttpResponse:
    row = find(Sweep, sweep, person(request))
    with telling(request):
        sweeps.start(sweep=row, by=person(request))
    return redirect("sweep", row.public_id)
