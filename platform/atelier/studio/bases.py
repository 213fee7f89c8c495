"""A studio's base models: where each version stands, publishing it, and how its weights come here (by command line)."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.door import signed_in
from atelier.audit.models import Entry
from atelier.catalog import actions, samples
from atelier.catalog.models import BaseVersion, Sample
from atelier.catalog.shelf import Reel
from atelier.catalog.states import ClearanceState, SampleState, VersionState
from atelier.kit.ids import not_found

from .room import Room, room, show

SCRIPT = Path(__file__).with_name("send_base.py.template")


@dataclass(frozen=True)
class Standing:
    """A version as the list shows it. `since`: the last thing that the log tells of it."""

    version: BaseVersion
    since: datetime
    files: int
    arrived: int
    bytes: int
    reels: list[Reel]
    others: list[Sample]
    offered: int

    @property
    def missing(self) -> int:
        return self.files - self.arrived

    @property
    def publishable(self) -> bool:
        return self.version.state in (VersionState.DRAFT, VersionState.REFUSED) and not self.missing


@signed_in
@require_safe
def bases(request: HttpRequest, studio: str) -> HttpResponse:
    here = room(request, studio)
    titles = here.studio.titles.prefetch_related("clearances").order_by("name")
    cleared = next((title for title in titles if title.clearance == ClearanceState.CLEARED), None)
    shown = {"standings": _standings(here), "title": cleared, "most": samples.MOST, "script": script(here)}
    return show(request, here, "studio/offers_bases.html", shown)


@signed_in
@require_POST
def publish(request: HttpRequest, studio: str, base: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    actions.publish(version=_version(here, base), by=here.person)
    messages.success(request, gettext("The files are being checked. The version is published when all of them are as declared."))
    return redirect("studio-bases", here.id)


@signed_in
@require_POST
def remove_sample(request: HttpRequest, studio: str, sample: str) -> HttpResponse:
    here = room(request, studio, STUDIO_WRITERS)
    row = Sample.objects.filter(pk=Sample.parse_id(sample), version__base__studio=here.studio).first()
    if row is None:
        raise not_found()
    samples.remove(sample=row, by=here.person)
    messages.success(request, gettext("The sample is no longer shown."))
    return redirect("studio-bases", here.id)


@signed_in
@require_safe
def upload_script(request: HttpRequest, studio: str) -> HttpResponse:
    """The script by which weights are sent, with this studio's id and our address in it."""
    here = room(request, studio)
    answer = HttpResponse(script(here), content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="send_base.py"'
    return answer


def script(here: Room) -> str:
    return SCRIPT.read_text(encoding="utf-8").replace("@SITE@", settings.PUBLIC_URL).replace("@STUDIO@", here.id)


def _version(here: Room, base: str) -> BaseVersion:
    row = BaseVersion.objects.filter(pk=BaseVersion.parse_id(base), base__studio=here.studio).select_related("base__studio").first()
    if row is None:
        raise not_found()
    return row


def _standings(here: Room) -> list[Standing]:
    rows = (
        BaseVersion.objects.filter(base__studio=here.studio)
        .select_related("base")
        .prefetch_related("titles", "samples", "adapters__titles")
    )
    counted = rows.annotate(
        count=Count("files", distinct=True),
        arrived=Count("files", filter=Q(files__complete=True), distinct=True),
        offered=Count("offerings", filter=Q(offerings__in_house=False), distinct=True),
    ).order_by("base__name", "-created_at")
    sizes = dict(rows.order_by().values_list("pk").annotate(size=Coalesce(Sum("files__bytes"), 0)).values_list("pk", "size"))
    told = _told(here, [row.public_id for row in counted])
    return [_standing(row, told.get(row.public_id, row.created_at), sizes.get(row.pk, 0)) for row in counted]


def _standing(row: BaseVersion, since: datetime, size: int) -> Standing:
    each = list(row.samples.all())
    ready = [Reel(sample) for sample in each if sample.state == SampleState.READY]
    others = [sample for sample in each if sample.state != SampleState.READY]
    counts = {"files": row.count, "arrived": row.arrived, "offered": row.offered}  # type: ignore[attr-defined]
    return Standing(row, since, bytes=size, reels=ready, others=others, **counts)


def _told(here: Room, subjects: list[str]) -> dict[str, datetime]:
    """When the log last told of each."""
    entries = Entry.objects.filter(studio=here.studio.id, subject__in=subjects, action__startswith="base.").order_by("at")
    return dict(entries.values_list("subject", "at"))
