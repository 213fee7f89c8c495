"""The desk of whoever keeps the workers running. For anybody else who is signed in there is nothing here."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from atelier.accounts.door import signed_in, staff
from atelier.kit.ids import not_found
from atelier.kit.telling import telling

from . import operation, slots
from .models import Training


@never_cache
@signed_in
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    staff(request)
    there, rows = operation.everything()
    return render(request, "trainings/desk.html", {"workers": there, "rows": rows, "most": operation.MOST})


@signed_in
@require_POST
def requeue(request: HttpRequest, training: str) -> HttpResponse:
    staff(request)
    row = Training.objects.select_related("licence").filter(pk=Training.parse_id(training)).first()
    if row is None:
        raise not_found()
    with telling(request, gettext("It is put back: a worker takes it as soon as one is free.")):
        operation.requeue(training=row)
    return redirect("desk-trainings")


@signed_in
@require_POST
def drain(request: HttpRequest) -> HttpResponse:
    """`worker` by name; with `off` it works again."""
    staff(request)
    worker, off = request.POST.get("worker", ""), "off" in request.POST
    if worker in {slot.worker for slot in slots.seen()}:
        slots.drain(worker, not off)
        told = gettext("It works again in a moment.") if off else gettext("It takes nothing new and hands over what it has.")
        messages.success(request, told)
    else:
        messages.warning(request, gettext("This worker is not there any more."))
    return redirect("desk-trainings")
