"""Who is next. It goes round between creators: first who has the fewest trainings at work, then who has waited longest.

A waiting training's *turn* is how many of its owner's are at work and how many of hers wait before it, itself counted. The line is in the
order of turns, then of arrival: the order in which claims are made. What lost its worker comes before all of it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import Min, Q, QuerySet
from django.db.models.functions import Now

from .models import MAX_ATTEMPTS, Training, Wish
from .slots import Slot
from .states import ACTIVE, TrainingState

# A worker that finds its first choice taken looks this far, at so many of each creator.
FAR, DEEP = 24, 3
AT_WORK = "SELECT owner_id, count(*) AS running FROM trainings_training WHERE state = ANY(%(active)s) AND lease_until >= now() GROUP BY 1"
# An index tells the owners one by one, however many trainings each has: the line may be long, the look at it stays short.
OWNERS = """
    (SELECT owner_id FROM trainings_training WHERE state = 'queued' ORDER BY owner_id LIMIT 1)
    UNION ALL
    SELECT (SELECT owner_id FROM trainings_training WHERE state = 'queued' AND owner_id > owners.owner_id ORDER BY owner_id LIMIT 1)
      FROM owners WHERE owners.owner_id IS NOT NULL
"""
FITS = "(%(families)s::text[] IS NULL OR family = '' OR family = ANY(%(families)s)) AND (%(room)s = 0 OR memory <= %(room)s)"
FIRST = f"""
    WITH RECURSIVE owners AS ({OWNERS}), busy AS ({AT_WORK})
    SELECT first.id
      FROM owners LEFT JOIN busy USING (owner_id)
     CROSS JOIN LATERAL (
           SELECT id, created_at, row_number() OVER (ORDER BY created_at, id) AS place FROM trainings_training
            WHERE owner_id = owners.owner_id AND state = 'queued' AND wish = '' AND attempts < %(attempts)s AND {FITS}
            ORDER BY created_at, id LIMIT %(deep)s) AS first
     WHERE %(most)s = 0 OR coalesce(running, 0) + place <= %(most)s
     ORDER BY coalesce(running, 0) + place, created_at, id LIMIT %(far)s
"""  # noqa: S608 - of parts that stand here
LOST = f"""
    SELECT id FROM trainings_training
     WHERE state = ANY(%(active)s) AND lease_until < now() AND wish = '' AND attempts < %(attempts)s AND {FITS}
     ORDER BY created_at LIMIT %(far)s
"""  # noqa: S608 - of parts that stand here
# Of each creator only those are looked at that can be before it: as many as its own turn allows.
BEFORE = f"""
    WITH RECURSIVE owners AS ({OWNERS}), busy AS ({AT_WORK}),
         mine AS (
           SELECT id, created_at, coalesce(running, 0) + (
                  SELECT count(*) FROM trainings_training AS hers
                   WHERE hers.owner_id = it.owner_id AND state = 'queued' AND (hers.created_at, hers.id) <= (it.created_at, it.id)) AS turn
             FROM trainings_training AS it LEFT JOIN busy USING (owner_id) WHERE id = %(training)s)
    SELECT count(*), coalesce(sum(first.low), 0), coalesce(sum(first.high), 0)
      FROM mine CROSS JOIN owners LEFT JOIN busy USING (owner_id)
     CROSS JOIN LATERAL (
           SELECT id, created_at, low, high, row_number() OVER (ORDER BY created_at, id) AS place FROM trainings_training
            WHERE owner_id = owners.owner_id AND state = 'queued'
            ORDER BY created_at, id LIMIT greatest(0, mine.turn - coalesce(running, 0))) AS first
     WHERE (coalesce(running, 0) + place, first.created_at, first.id) < (mine.turn, mine.created_at, mine.id)
"""  # noqa: S608 - of parts that stand here


@dataclass(frozen=True)
class Place:
    """In the line: `number` from 1, and the seconds that what is before it takes by the estimates."""

    number: int
    low: float
    high: float


def _asked(slot: Slot | None = None, **more: Any) -> dict[str, Any]:
    families = list(slot.families) or None if slot else None
    limits = {"most": settings.TRAININGS_PER_CREATOR, "attempts": MAX_ATTEMPTS, "far": FAR, "deep": DEEP}
    return {"active": [str(each) for each in ACTIVE], "families": families, "room": slot.room if slot else 0, **limits, **more}


def first(slot: Slot) -> list[UUID]:
    """What this worker may take, in the order in which it should try."""
    with connection.cursor() as cursor:
        cursor.execute(LOST, _asked(slot))
        found = [row[0] for row in cursor.fetchall()]
        if not found:
            cursor.execute(FIRST, _asked(slot))
            found = [row[0] for row in cursor.fetchall()]
    return found


def front(count: int) -> list[UUID]:
    """The first of the line, whichever workers are there and however many one creator may have at once."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST, _asked(most=0, far=count, deep=count))
        return [row[0] for row in cursor.fetchall()]


def place(training: Training) -> Place | None:
    """None when it does not wait."""
    if training.state != TrainingState.QUEUED:
        return None
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, _asked(training=training.pk))
        before, low, high = cursor.fetchone()
    return Place(before + 1, low, high)


def full(owner: Any) -> bool:
    """Whether so many of hers are at work as one creator may have at once."""
    at_work = Training.objects.filter(owner=owner, state__in=ACTIVE, lease_until__gte=Now())
    return 0 < settings.TRAININGS_PER_CREATOR <= at_work.count()


def claimable() -> QuerySet[Training]:
    """What waits, or lost its worker."""
    expired = Q(state__in=ACTIVE, lease_until__lt=Now())
    return Training.objects.filter(Q(state=TrainingState.QUEUED) | expired)


def fits(training: Training, slot: Slot) -> bool:
    """Whether this worker knows its base's family and has the memory."""
    known = not slot.families or not training.family or training.family in slot.families
    return known and (not slot.room or training.memory <= slot.room)


def oldest_for(slot: Slot) -> datetime | None:
    """Since when the first has waited that this worker could take."""
    rows = claimable().filter(wish=Wish.NONE, attempts__lt=MAX_ATTEMPTS)
    rows = rows.filter(Q(family="") | Q(family__in=slot.families)) if slot.families else rows
    rows = rows.filter(memory__lte=slot.room) if slot.room else rows
    since: datetime | None = rows.aggregate(since=Min("since"))["since"]
    return since
