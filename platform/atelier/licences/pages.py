"""The library of licences, and each of them in full."""

from django.core.paginator import Paginator
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from atelier.accounts.access import find
from atelier.accounts.door import person, signed_in
from atelier.kit.language import tongue
from atelier.kit.refused import Refused
from licensing.text import accepted_document, licence_document, summary

from . import actions
from .holdings import Holding, changed_at, holdings, used_by
from .mails import contact
from .models import Licence
from .queries import against
from .room import Sharing

PER_PAGE = 12


@signed_in
@require_safe
def licences(request: HttpRequest) -> HttpResponse:
    listed = Paginator(used_by(person(request)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "licences/licences.html", {"page": listed, "shown": holdings(listed)})


@signed_in
@require_safe
def licence(request: HttpRequest, licence: str) -> HttpResponse:
    return page(request, find(Licence, licence, person(request)))


def page(request: HttpRequest, row: Licence, form: Form | None = None, status: int = 200) -> HttpResponse:
    """All of a licence. `form`: in which a seat was offered, where that was refused."""
    [held] = holdings([row])
    accepted = accepted_document(row.terms, row.accepted_text)
    sharing = Sharing(row, person(request))
    may, may_not = summary(row.terms, tongue())
    shown = {
        **_about(request, held),
        "may": may,
        "may_not": may_not,
        "document": accepted or licence_document(row.terms, tongue()),
        "accepted": accepted,
        "sharing": sharing,
        "full": against(sharing.more, tongue()),
        "form": form,
        "runs": sharing.runs,
        "changed_at": changed_at(row),
    }
    return render(request, "licences/licence.html", shown, status=status)


def _about(request: HttpRequest, held: Holding) -> dict[str, object]:
    """What the pages of one licence have in common. A refusal of the judge comes with its next step, in the reader's language."""
    tier = held.licence.revision.tier
    return {
        "held": held,
        "licence": held.licence,
        "tier": tier,
        "mine": held.licence.holder_id == person(request).id,
        "no": {"train": against(held.training, tongue()), "base": against(held.base_download, tongue())},
        "contact": contact(),
    }


@signed_in
@require_safe
def text(request: HttpRequest, licence: str) -> HttpResponse:
    """The text as it was accepted, to print or to keep."""
    row = find(Licence, licence, person(request))
    accepted = accepted_document(row.terms, row.accepted_text)
    shown = {"licence": row, "document": accepted or licence_document(row.terms, tongue()), "accepted": accepted}
    return render(request, "licences/text.html", shown)


@signed_in
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def base(request: HttpRequest, licence: str) -> HttpResponse:
    """The files of the base model, and after asking a link to each. Links live five minutes, so the answer itself shows them."""
    row = find(Licence, licence, person(request))
    [held] = holdings([row])
    files = row.revision.tier.offering.version.files.all()
    shown = {**_about(request, held), "files": files, "bytes": sum(file.bytes for file in files)}
    if request.method != "POST":
        return render(request, "licences/base.html", shown)
    try:
        links = {link.path: link.url for link in actions.hand_base(licence=row, by=person(request))}
    except Refused as refused:
        return render(request, "licences/base.html", {**shown, "refused": refused}, status=refused.status)
    return render(request, "licences/base.html", {**shown, "links": [(file, links[file.path]) for file in files]})
