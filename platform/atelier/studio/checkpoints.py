"""The checkpoints of a studio's log: signed every day, mailed to its owners, listed on a page of their own. And what is proved by them."""

import logging
from functools import partial

from django.conf import settings
from django.contrib import messages
from django.core.mail import EmailMessage
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils.translation import gettext, override
from django.views.decorators.http import require_http_methods, require_safe

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.door import signed_in
from atelier.accounts.models import Studio
from atelier.accounts.queries import owners
from atelier.audit import bundles, checkpoints, trees
from atelier.audit import queries as audit
from atelier.audit.models import Checkpoint
from atelier.kit import attachment, ids, outbox

from .room import room, show

log = logging.getLogger(__name__)
PER_PAGE = 30
JSON_LINES = "application/jsonl"


@signed_in
@require_http_methods(["GET", "HEAD", "POST"])
def listed(request: HttpRequest, studio: str) -> HttpResponse:
    """POST signs one now."""
    if request.method == "POST":
        return _sign(request, studio)
    here = room(request, studio)
    known = checkpoints.of_studio(here.studio.id)
    page = Paginator(known, PER_PAGE).get_page(request.GET.get("page"))
    return show(request, here, "studio/log_checkpoints.html", {"page": page})


def _sign(request: HttpRequest, studio: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    before = checkpoints.of_studio(here.studio.id).first()
    made = checkpoints.now(here.studio.id)
    if made == before:
        messages.info(request, gettext("Nothing was added since the last checkpoint: it still covers the whole log."))
    else:
        messages.success(request, gettext("The checkpoint is signed and on its way to the owners. Keep it outside Atelier."))
    return redirect("studio-checkpoints", studio)


@signed_in
@require_safe
def one(request: HttpRequest, studio: str, size: str) -> HttpResponse:
    """The note itself, to keep."""
    here = room(request, studio)
    found = checkpoints.find(here.studio.id, size)
    headers = {"Content-Disposition": f'attachment; filename="{checkpoint_name(found)}"', "Cache-Control": "private, no-store"}
    return HttpResponse(found.note, content_type="text/plain; charset=utf-8", headers=headers)


@signed_in
@require_safe
def evidence(request: HttpRequest, studio: str) -> HttpResponseBase:
    """The whole log up to its newest checkpoint."""
    here = room(request, studio)
    newest = checkpoints.newest(here.studio.id)
    return attachment.sent(request, evidence_name(newest), JSON_LINES, partial(attachment.write_lines, lines=bundles.whole(newest)))


@signed_in
@require_safe
def proof(request: HttpRequest, studio: str, entry: str) -> HttpResponse:
    here = room(request, studio)
    found = bundles.of_entry(audit.find(here.studio.id, entry))
    shown = {
        "proof": found,
        "entry": found.leaf.entry,
        "path": [each.hex() for each in found.path],
        "leaf_hash": bytes(found.leaf.hash).hex(),
        "data": found.data.decode(),
        "file": entry_name(found.leaf.entry_id),
    }
    return show(request, here, "studio/log_proof.html", shown)


@signed_in
@require_safe
def proof_file(request: HttpRequest, studio: str, entry: str) -> HttpResponseBase:
    here = room(request, studio)
    found = audit.find(here.studio.id, entry)
    return attachment.sent(
        request, entry_name(found.id), JSON_LINES, partial(attachment.write_lines, lines=bundles.of_entry(found).bundle())
    )


def entry_name(number: int) -> str:
    return f"entry-{number}.jsonl"


def evidence_name(checkpoint: Checkpoint) -> str:
    return f"log-{ids.public('std', checkpoint.tree)}-{checkpoint.size:07}.jsonl"


def checkpoint_name(checkpoint: Checkpoint) -> str:
    """It begins with what it is of, so that a folder of them sorts itself."""
    return f"checkpoint-{ids.public('std', checkpoint.tree)}-{checkpoint.size:07}.txt"


def sign_all() -> None:
    """What has had no checkpoint today and grew. One log that was tampered with keeps no other from its checkpoint."""
    for studio in (None, *Studio.objects.order_by("pk").values_list("pk", flat=True)):
        try:
            checkpoints.daily(studio)
        except (checkpoints.Rewritten, trees.Hole):
            log.critical("the audit log of %s was changed by hand and is not signed", studio or "the platform", exc_info=True)


@outbox.handles(checkpoints.SIGNED)
def tell_signed(checkpoint: int) -> None:
    """To each owner. Run twice it would tell them twice, which harms nobody."""
    row = Checkpoint.objects.get(pk=checkpoint)
    studio = Studio.objects.filter(pk=row.tree).first()
    if studio is None:
        return
    for owner in owners(studio):
        with override("fr" if owner.language.startswith("fr") else "en"):
            _mail(owner.email, studio, row).send()


def _mail(address: str, studio: Studio, row: Checkpoint) -> EmailMessage:
    name = checkpoint_name(row)
    shown = {"studio": studio, "checkpoint": row, "site": settings.PUBLIC_URL, "name": name}
    subject, _, text = render_to_string("studio/checkpoint.txt", shown).partition("\n")
    mail = EmailMessage(" ".join(subject.split()), text.strip() + "\n", settings.DEFAULT_FROM_EMAIL, [address])
    mail.attach(name, row.note, "text/plain")
    return mail
