"""Mails about notices, on queue io: to the claimant in her language, to the staff in English. Those of a takedown are in `effect`."""

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from atelier.kit import mail, outbox

from . import effect, links
from .models import Case, Event

__all__ = ["effect", "receipt", "tell_claimant", "tell_staff"]


@outbox.handles("takedown.receipt")
def receipt(case: str) -> None:
    row = Case.objects.get(pk=case)
    _to_claimant(row, "receipt", _title(row))


@outbox.handles("takedown.tell_claimant")
def tell_claimant(event: str) -> None:
    row = Event.objects.select_related("case").get(pk=event)
    _to_claimant(row.case, "news", _title(row.case), event=row)


@outbox.handles("takedown.tell_staff")
def tell_staff(case: str, kind: str) -> None:
    row = Case.objects.get(pk=case)
    with translation.override("en"):
        address = settings.PUBLIC_URL + reverse("desk-case", args=[row.number])
        text = render_to_string("takedown/staff.txt", {"case": row, "address": address, "kind": kind})
        mail.send(settings.DEFAULT_FROM_EMAIL, f"Notice {row.number}: {row.work[:100]}", text)


def _to_claimant(case: Case, template: str, title: str, **shown: object) -> None:
    with translation.override(case.language):
        address = settings.PUBLIC_URL + links.path(case)
        text = render_to_string(f"takedown/{template}.txt", {"case": case, "address": address, **shown})
        mail.send(case.email, title, text)


def _title(case: Case) -> str:
    with translation.override(case.language):
        return _("Your notice %(number)s") % {"number": case.number}
