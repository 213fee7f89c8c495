"""A takedown: it is in force with its row, whoever is hit is told, and it can be lifted again. What follows from it is in `effect`."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now

from atelier.accounts.access import STUDIO_WRITERS, require_role, visible
from atelier.accounts.models import Membership, User
from atelier.audit.actions import record
from atelier.catalog.models import Performer
from atelier.catalog.rights import withdraw_performer
from atelier.kit import outbox
from atelier.kit.ids import not_found, public
from atelier.kit.refused import Refused
from atelier.library.models import Outcome
from atelier.licences import revocations
from atelier.licences.models import Tombstone
from atelier.material.consents import withdraw_consent
from atelier.material.models import Consent

from . import kinds, lineage
from .kinds import Item
from .models import Case, Holder, Takedown
from .states import TAKEDOWN, CaseState, TakedownState

# What a studio takes down by itself, and what a creator does. Staff may begin with anything.
STUDIOS = ("performer", "title", "base_version", "house_adapter", "offering", "tier")
CREATORS = ("consent", "asset", "dataset")
LONGEST_REASON = 2000
# How many copies are deleted by one message.
AT_ONCE = 1000
# Taken back by its own side, a consent is withdrawn for good; agreed to anew, it is another one.
FOR_GOOD = ("consent", "performer")


def found(public_id: str, me: User, *, staff: bool = False) -> Item:
    """The item, for whoever may take it down. Refused("not_found", 404) for what is somebody else's or no such thing, ("role_too_low", 403)
    for a member of its studio who may not."""
    item = kinds.parsed(public_id)
    if item is None or not (staff or _theirs(item, me)):
        raise not_found()
    if item.studio and not staff:
        require_role(item.studio, me, STUDIO_WRITERS)
    return item


def _theirs(item: Item, me: User) -> bool:
    if item.studio:
        return item.kind in STUDIOS and Membership.objects.filter(studio=item.studio, user=me).exists()
    return item.kind in CREATORS and item.owner == me


def of(item: Item) -> Takedown | None:
    """The one in force of this very item."""
    return Takedown.objects.filter(item=item.row.pk).exclude(state=TakedownState.LIFTED).first()


def see(public_id: str, me: User) -> Takedown:
    """One of her studio's or her own."""
    row = visible(Takedown, me).filter(pk=Takedown.parse_id(public_id)).first()
    if row is None:
        raise not_found()
    return row


@transaction.atomic
def begin(*, item: Item, by: User, reason: str, case: Case | None = None) -> tuple[Takedown, bool]:
    """In force once this transaction stands: every verdict on what stands on the item is no from then on. The rest follows on queue io:
    tombstones on files and copies, which no verdict needs, and then what they lead to.

    The same again gives the takedown that is there, and False.
    """
    if not reason.strip():
        raise Refused("reason_missing", "Say why: whoever is hit reads it.", status=422)
    if case is not None and case.state != CaseState.UPHELD:
        raise Refused("not_upheld", "Only a notice that was upheld leads to a takedown.")
    facts: dict[str, Any] = {"kind": item.kind, "item": item.row.pk, "studio": item.studio, "owner": item.owner}
    try:
        with transaction.atomic():
            row = Takedown.objects.create(**facts, by=by, case=case, reason=reason.strip()[:LONGEST_REASON])
    except IntegrityError:
        return Takedown.objects.exclude(state=TakedownState.LIFTED).get(item=item.row.pk), False
    _take_back(item, by)
    lay(row, doors=True)
    _note(row, "begin", by)
    outbox.post("takedown.follow", takedown=str(row.pk))
    return row, True


def _take_back(item: Item, by: User) -> None:
    """A consent that its own side takes down is withdrawn by that, for good."""
    if isinstance(item.row, Consent) and item.owner == by:
        withdraw_consent(consent=item.row)
    if isinstance(item.row, Performer) and _theirs(item, by):
        withdraw_performer(performer=item.row, by=by)


def spread(row: Takedown) -> int:
    """Reaches what came into being meanwhile. Returns how many tombstones were laid."""
    laid = lay(row)
    if laid:
        let_go(row)
    return laid


def lay(row: Takedown, *, doors: bool = False) -> int:
    """Lays tombstones on what is reached and has none yet, and notes whom that hits. Returns how many were laid."""
    laid = lineage.mark(row.pk, row.kind, row.item, doors=doors)
    if laid:
        Holder.objects.bulk_create([Holder(takedown=row, person_id=person) for person in _hit(row)], ignore_conflicts=True)
    return laid


def let_go(row: Takedown) -> None:
    """The copies that are reached go from the store, so that links which are out open nothing (should it be lifted, they are made anew),
    and their certificates go on the list. The newest first: a link that is out leads to one of those."""
    reached = Tombstone.objects.filter(takedown=row.pk, kind="handover", settled_at=None).values("item")
    keys = list(Outcome.objects.filter(handover__in=reached).exclude(key="").order_by("-pk").values_list("key", flat=True))
    for first in range(0, len(keys), AT_ONCE):
        outbox.post("library.discard", keys=keys[first : first + AT_ONCE])
    revocations.renew()


HIT = """
    WITH stones AS (SELECT kind, item FROM licences_tombstone WHERE takedown = %s)
    SELECT holder_id FROM licences_licence WHERE id IN (SELECT item FROM stones WHERE kind = 'licence')
     UNION SELECT owner_id FROM trainings_training WHERE id IN (SELECT item FROM stones WHERE kind = 'training')
     UNION SELECT owner_id FROM library_custommodel WHERE id IN (SELECT item FROM stones WHERE kind = 'model')
     UNION SELECT owner_id FROM material_dataset WHERE id IN (SELECT item FROM stones WHERE kind = 'dataset')
"""


def _hit(row: Takedown) -> list[UUID]:
    """Everybody whose something was reached, but whoever did it."""
    with connection.cursor() as cursor:
        cursor.execute(HIT, [row.pk])
        return [person for (person,) in cursor.fetchall() if person != row.by_id]


@transaction.atomic
def lift(*, takedown: Takedown, by: User, reason: str) -> None:
    """Gives back what can be given back: verdicts, downloads, certificates and offers are as before. Trainings that it ended stay ended."""
    row = Takedown.objects.select_for_update().get(pk=takedown.pk)
    TAKEDOWN.move(row, TakedownState.LIFTED, since=Now(), lifted_by=by, lifted_reason=reason.strip()[:LONGEST_REASON])
    Tombstone.objects.filter(takedown=row.pk, lifted_at=None).update(lifted_at=Now())
    revocations.renew()
    _note(row, "lift", by)
    Holder.objects.filter(takedown=row).update(told_at=None)
    outbox.post("takedown.restore", takedown=str(row.pk))
    takedown.refresh_from_db()


def may_lift(takedown: Takedown, me: User, *, staff: bool = False) -> bool:
    """Whoever took it down by herself; what followed from a notice only our staff gives back."""
    if not takedown.standing or staff:
        return takedown.standing
    if takedown.case_id or takedown.by.is_staff or takedown.kind in FOR_GOOD:
        return False
    if takedown.owner_id:
        return takedown.owner_id == me.pk
    return Membership.objects.filter(studio=takedown.studio_id, user=me, role__in=STUDIO_WRITERS).exists()


STUDIOS_HIT = """
    SELECT l.studio_id, count(*) FROM licences_tombstone t JOIN licences_licence l ON l.id = t.item
     WHERE t.takedown = %s AND t.kind = 'licence' GROUP BY l.studio_id
     UNION ALL
    SELECT l.studio_id, 0
      FROM licences_tombstone t JOIN trainings_training r ON r.id = t.item JOIN licences_licence l ON l.id = r.licence_id
     WHERE t.takedown = %s AND t.kind = 'training' GROUP BY l.studio_id
"""


def _note(row: Takedown, deed: str, by: User) -> None:
    """In the log of each studio that is concerned, with what of its own was reached."""
    concerned: dict[UUID | None, int] = {row.studio_id: 0}
    with connection.cursor() as cursor:
        cursor.execute(STUDIOS_HIT, [row.pk, row.pk])
        for studio, licences in cursor.fetchall():
            concerned[studio] = max(concerned.get(studio, 0), licences)
    about = public(kinds.KINDS[row.kind].model.prefix, row.item)
    titles = [about] if row.kind == "title" else []
    case = row.case.number if row.case else ""
    for studio, licences in concerned.items():
        if studio is not None or len(concerned) == 1:
            facts: dict[str, Any] = {"about": about, "licences": licences, "case": case}
            record(action=f"takedown.{deed}", subject=row.public_id, studio=studio, actor=by.id, titles=titles, **facts)
