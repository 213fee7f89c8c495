"""The register: titles, what is known of the rights in each, and the performers who are seen or heard in them."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from atelier.accounts.access import STUDIO_WRITERS, require_role
from atelier.accounts.models import Studio, User
from atelier.audit.actions import record
from atelier.kit import papers
from atelier.kit.refused import Refused

from . import eidr as registry
from .models import Clearance, Performer, Title, TitlePerformer
from .states import ClearanceState

# Names shown in a refusal; the rest are counted.
NAMES_SHOWN = 10
PaperSent = tuple[str, bytes]  # name and bytes


@transaction.atomic
def add_title(*, studio: Studio, by: User, name: str, year: int | None = None, eidr: str = "") -> Title:
    require_role(studio, by, STUDIO_WRITERS)
    title = Title.objects.create(studio=studio, name=name, year=year, eidr=_free(studio, eidr))
    _note(title, "title.add", by, name=name, eidr=title.eidr)
    return title


@transaction.atomic
def correct_title(*, title: Title, by: User, name: str, year: int | None, eidr: str) -> Title:
    """What it is called. Terms name titles: one that was sold over keeps its name."""
    require_role(title.studio, by, STUDIO_WRITERS)
    row = Title.objects.select_for_update(no_key=True).get(pk=title.pk)
    if name != row.name and (row.base_versions.exists() or row.adapters.exists()):
        raise Refused("title_in_use", "A base model or house adapter learned from “%(title)s”; it keeps its name.", title=row.name)
    row.name, row.year, row.eidr = name, year, _free(title.studio, eidr, row)
    row.save(update_fields=["name", "year", "eidr"])
    _note(row, "title.correct", by, name=name, eidr=row.eidr)
    return row


@transaction.atomic
def clear(*, title: Title, by: User, state: str, basis: str = "", evidence: str = "", paper: PaperSent | None = None) -> Clearance:
    """Says what is so of the rights in a title. What was said before stays; this counts from now on."""
    require_role(title.studio, by, STUDIO_WRITERS)
    if state == ClearanceState.CLEARED and not basis:
        raise Refused("basis_missing", "Say on what the clearance rests.", status=422, field="basis")
    if state == ClearanceState.CLEARED and not (evidence.strip() or paper):
        raise Refused("grounds_missing", "Say on what grounds it is cleared, or add the paper.", status=422, field="evidence")
    kept = papers.keep(paper[1], paper[0]) if paper else {}
    said = Clearance.objects.create(title=title, state=state, basis=basis, evidence=evidence.strip(), by=by, **kept)
    _note(title, "title.clearance", by, state=state, basis=basis, paper=said.paper_sha256)
    return said


def require_cleared(titles: Iterable[Title]) -> None:
    """Refused by name, unless each of them is cleared."""
    lacking = [title for title in titles if title.clearance != ClearanceState.CLEARED]
    if lacking:
        names = few(title.name for title in lacking)
        ids = [title.public_id for title in lacking]
        raise Refused("title_not_cleared", "The rights in %(names)s are not cleared. Nothing may learn from it yet.", names=names, ids=ids)


@transaction.atomic
def add_performer(*, studio: Studio, by: User, name: str, paper: PaperSent | None = None, **given: Any) -> Performer:
    """`given`: evidence and the fields of scope.Scope."""
    require_role(studio, by, STUDIO_WRITERS)
    _require_whole(given)
    kept = papers.keep(paper[1], paper[0]) if paper else {}
    try:
        with transaction.atomic():
            row = Performer.objects.create(studio=studio, name=name, **given, **kept)
    except IntegrityError as error:
        raise Refused("performer_taken", "There is a performer %(name)s already.", name=name, field="name", status=422) from error
    _note_performer(row, "performer.add", by)
    return row


@transaction.atomic
def revise_performer(*, performer: Performer, by: User, paper: PaperSent | None = None, **given: Any) -> Performer:
    """A new agreement in the place of the last. The log keeps that there was one."""
    require_role(performer.studio, by, STUDIO_WRITERS)
    row = Performer.objects.select_for_update(no_key=True).get(pk=performer.pk)
    _require_standing(row)
    _require_whole(given)
    for field, value in {**given, **(papers.keep(paper[1], paper[0]) if paper else {})}.items():
        setattr(row, field, value)
    row.save()
    _note_performer(row, "performer.revise", by)
    return row


@transaction.atomic
def withdraw_performer(*, performer: Performer, by: User) -> Performer:
    """She has taken her consent back. What follows for what learned from her titles is a takedown's business."""
    require_role(performer.studio, by, STUDIO_WRITERS)
    row = Performer.objects.select_for_update(no_key=True).get(pk=performer.pk)
    if row.withdrawn_at is None:
        Performer.objects.filter(pk=row.pk).update(withdrawn_at=Now())
        row.refresh_from_db()
        _note_performer(row, "performer.withdraw", by)
    return row


@transaction.atomic
def cast(*, title: Title, performer: Performer, by: User, role: str = "") -> None:
    """She is seen or heard in it. Said again, the role is what is said now."""
    require_role(title.studio, by, STUDIO_WRITERS)
    if performer.studio_id != title.studio_id:
        raise Refused("foreign_performer", "A title's performers are in the register of its own studio.", status=422)
    TitlePerformer.objects.update_or_create(title=title, performer=performer, defaults={"role": role})
    _note(title, "title.cast", by, performer=performer.public_id)


@transaction.atomic
def uncast(*, title: Title, performer: Performer, by: User) -> None:
    require_role(title.studio, by, STUDIO_WRITERS)
    gone, _ = TitlePerformer.objects.filter(title=title, performer=performer).delete()
    if gone:
        _note(title, "title.uncast", by, performer=performer.public_id)


def few(names: Iterable[str]) -> str:
    listed: Sequence[str] = [f"“{name}”" for name in names]
    rest = len(listed) - NAMES_SHOWN
    return ", ".join(listed[:NAMES_SHOWN]) + (f" (+ {rest})" if rest > 0 else "")


def _free(studio: Studio, eidr: str, title: Title | None = None) -> str:
    """The EIDR as it is kept, if no other title of the studio has it."""
    checked = registry.checked(eidr)
    others = Title.objects.filter(studio=studio, eidr=checked) if checked else Title.objects.none()
    other = next((each for each in others if each != title), None)
    if other:
        raise Refused("eidr_taken", "“%(title)s” has this EIDR already.", status=422, field="eidr", title=other.name)
    return checked


def _require_whole(given: dict[str, Any]) -> None:
    if len(str(given.get("uses", "")).split()) < 3:
        raise Refused(
            "uses_missing",
            "Describe the uses that were agreed to, in a sentence. A consent that does not say to what is none.",
            status=422,
            field="uses",
        )
    if given.get("deceased") and not str(given.get("estate", "")).strip():
        raise Refused("estate_missing", "Say who holds the rights of somebody who has died.", status=422, field="estate")
    begins, ends = given.get("begins_on"), given.get("ends_on")
    if begins and ends and ends < begins:
        raise Refused("ends_before_it_begins", "The last day is before the first.", status=422, field="ends_on")


def _require_standing(row: Performer) -> None:
    if row.withdrawn_at:
        raise Refused("consent_withdrawn", "This consent was taken back. What was agreed since is recorded under another entry.")


def _note(title: Title, action: str, by: User, **detail: Any) -> None:
    record(action=action, subject=title.public_id, studio=title.studio_id, actor=by.id, titles=[title.public_id], **detail)


def _note_performer(row: Performer, action: str, by: User) -> None:
    """Without her name: it is hers, and the log is for ever."""
    record(action=action, subject=row.public_id, studio=row.studio_id, actor=by.id, paper=row.paper_sha256)
