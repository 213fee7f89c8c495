"""The leak desk: staff holds a file of unknown origin against every copy that was marked."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from atelier.accounts.door import signed_in, staff
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused

from . import leaks
from .forms import LeakForm
from .models import Leak
from .states import LeakState

PER_PAGE = 25


@never_cache
@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest) -> HttpResponse:
    me, form = staff(request), LeakForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file, key = form.cleaned_data["file"], form.cleaned_data["key"]
        try:
            return redirect("leak", leaks.ask(by=me, name=file.name if file else key, file=file, key=key).public_id)
        except Refused as refused:
            form.add_error(None, refused.told())
    page = Paginator(Leak.objects.select_related("by"), PER_PAGE).get_page(request.GET.get("page"))
    shown = {"form": form, "page": page, "counted": leaks.counted()}
    return render(request, "library/leaks.html", shown, status=422 if request.method == "POST" else 200)


@never_cache
@signed_in
@require_safe
def one(request: HttpRequest, leak: str) -> HttpResponse:
    staff(request)
    row = Leak.objects.filter(pk=Leak.parse_id(leak)).first()
    if row is None:
        raise not_found()
    shown = {"leak": row, "lines": leaks.shown(row), "working": row.state == LeakState.WORKING, "sure": leaks.SURE}
    return render(request, "library/leak.html", shown)
