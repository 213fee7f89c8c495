"""Who is next. There are two lines, and each goes round between creators: first who has the fewest at work, then who has waited longest.

A waiting training's *turn* is how many of its owner's are at work and how many of hers wait before it, itself counted; a line is in the
order of turns, then of arrival. Trainings whose licence's terms give them the priority lane wait in a line of their own. Workers take from
that first, but after IN_A_ROW of it the next is from the ordinary line: who has no priority waits longer, and never for ever. What lost
its worker comes before all of it.

A licence's terms may say how many of its trainings are at work at once. Those beyond that are passed over until one of them is over.
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

# A worker that finds its first choice taken looks this far, at so many of each creator under each licence.
FAR, DEEP = 24, 3
# So many of the priority lane are taken one after the other while ordinary ones wait: licences were sold with this number in their text.
IN_A_ROW = 3
# An index tells creators and their licences one by one, however many trainings each has: the line may be long, the look at it stays short.
# Terms are frozen: all that waits under one licence is in one lane. `room`: how many more of it may be at work; null: no limit.
# `streak`: how many of the latest claims in a row were of the priority lane, counted up to IN_A_ROW.
LINES = """
    groups AS (
        (SELECT owner_id, licence_id, priority, at_once FROM trainings_training WHERE state = 'queued'
          ORDER BY owner_id, licence_id LIMIT 1)
        UNION ALL
        SELECT next.* FROM groups CROSS JOIN LATERAL (
               SELECT owner_id, licence_id, priority, at_once FROM trainings_training
                WHERE state = 'queued' AND (owner_id, licence_id) > (groups.owner_id, groups.licence_id)
                ORDER BY owner_id, licence_id LIMIT 1) AS next),
    active AS (SELECT owner_id, licence_id, priority FROM trainings_training WHERE state = ANY(%(active)s) AND lease_until >= now()),
    busy AS (SELECT owner_id, priority, count(*) AS running FROM active GROUP BY owner_id, priority),
    hers AS (SELECT owner_id, count(*) AS hers FROM active GROUP BY owner_id),
    used AS (SELECT licence_id, count(*) AS used FROM active GROUP BY licence_id),
    lines AS (
        SELECT owner_id, licence_id, priority, coalesce(running, 0) AS running, coalesce(hers, 0) AS hers,
               CASE WHEN at_once > 0 THEN greatest(0, at_once - coalesce(used, 0)) END AS room
          FROM groups LEFT JOIN busy USING (owner_id, priority) LEFT JOIN hers USING (owner_id) LEFT JOIN used USING (licence_id)),
    latest AS (
        SELECT claim.fence, its.priority
          FROM (SELECT fence, training_id FROM trainings_attempt ORDER BY fence DESC LIMIT %(in_a_row)s) AS claim
          JOIN trainings_training AS its ON its.id = claim.training_id),
    streaks AS (SELECT count(*) AS streak FROM latest WHERE fence > coalesce((SELECT max(fence) FROM latest WHERE NOT priority), 0))
"""
FITS = "(%(families)s::text[] IS NULL OR family = '' OR family = ANY(%(families)s)) AND (%(room)s = 0 OR memory <= %(room)s)"
# The place of each in both lines together, were they taken one by one from now on.
FIRST = f"""
    WITH RECURSIVE {LINES},
    turns AS (
        SELECT first.id, first.created_at, priority, hers - running AS besides,
               running + row_number() OVER (PARTITION BY owner_id, priority ORDER BY first.created_at, first.id) AS turn
          FROM lines CROSS JOIN LATERAL (
               SELECT id, created_at FROM trainings_training
                WHERE owner_id = lines.owner_id AND licence_id = lines.licence_id
                  AND state = 'queued' AND wish = '' AND attempts < %(attempts)s AND {FITS}
                ORDER BY created_at, id LIMIT least(%(deep)s, CASE WHEN %(bound)s THEN lines.room END)) AS first),
    ranks AS (
        SELECT id, priority, row_number() OVER (PARTITION BY priority ORDER BY turn, created_at, id) AS rank
          FROM turns WHERE %(most)s = 0 OR turn + besides <= %(most)s)
    SELECT id FROM ranks CROSS JOIN streaks
     ORDER BY CASE WHEN priority THEN rank + (streak + rank - 1) / %(in_a_row)s ELSE (%(in_a_row)s + 1) * rank - streak END LIMIT %(far)s
"""  # noqa: S608 - of parts that stand here
LOST = f"""
    SELECT id FROM trainings_training
     WHERE state = ANY(%(active)s) AND lease_until < now() AND wish = '' AND attempts < %(attempts)s AND {FITS}
     ORDER BY created_at LIMIT %(far)s
"""  # noqa: S608 - of parts that stand here
OLDEST = "SELECT id, created_at, low, high FROM trainings_training WHERE owner_id = lines.owner_id AND licence_id = lines.licence_id"
# Of each creator only those are looked at that can be before it: as many as its own turn allows, and of the other line as many as are taken
# in between. Under its own licence all are before it that came before it; under others, those that may be at work.
BEFORE = f"""
    WITH RECURSIVE {LINES},
    mine AS (
        SELECT it.id, it.created_at, it.owner_id, it.licence_id, it.priority, coalesce(busy.running, 0) + (
               SELECT count(*) FROM lines CROSS JOIN LATERAL (
                      {OLDEST} AND state = 'queued' AND (created_at, id) <= (it.created_at, it.id) ORDER BY created_at, id
                      LIMIT CASE WHEN lines.licence_id <> it.licence_id THEN lines.room END) AS first
                WHERE lines.owner_id = it.owner_id AND lines.priority = it.priority) AS turn
          FROM trainings_training AS it LEFT JOIN busy USING (owner_id, priority) WHERE it.id = %(training)s),
    same AS (
        SELECT low, high FROM mine, (
               SELECT first.*, lines.running + row_number() OVER (PARTITION BY lines.owner_id ORDER BY first.created_at, first.id) AS turn
                 FROM mine JOIN lines USING (priority) CROSS JOIN LATERAL (
                      {OLDEST} AND state = 'queued' ORDER BY created_at, id
                      LIMIT least(greatest(0, mine.turn - lines.running), CASE
                            WHEN (lines.owner_id, lines.licence_id) <> (mine.owner_id, mine.licence_id) THEN lines.room
                      END)) AS first) AS its
         WHERE (its.turn, its.created_at, its.id) < (mine.turn, mine.created_at, mine.id)),
    between AS (
        SELECT priority, CASE WHEN priority THEN (streak + ahead) / %(in_a_row)s ELSE %(in_a_row)s * (ahead + 1) - streak END AS taken
          FROM mine, streaks, (SELECT count(*) AS ahead FROM same) AS counted),
    other AS (
        SELECT low, high FROM (
               SELECT first.*, lines.running + row_number() OVER (PARTITION BY lines.owner_id ORDER BY first.created_at, first.id) AS turn
                 FROM between JOIN lines ON lines.priority <> between.priority CROSS JOIN LATERAL (
                      {OLDEST} AND state = 'queued' ORDER BY created_at, id LIMIT least(between.taken, lines.room)) AS first) AS its
         ORDER BY turn, created_at, id LIMIT (SELECT taken FROM between))
    SELECT count(*), coalesce(sum(low), 0), coalesce(sum(high), 0) FROM (SELECT * FROM same UNION ALL SELECT * FROM other) AS before
"""  # noqa: S608 - of parts that stand here


@dataclass(frozen=True)
class Place:
    """In the line: `number` from 1, and the seconds that what is before it takes by the estimates."""

    number: int
    low: float
    high: float


def _asked(slot: Slot | None = None, **more: Any) -> dict[str, Any]:
    families = list(slot.families) or None if slot else None
    limits = {
        "most": settings.TRAININGS_PER_CREATOR,
        "bound": True,
        "attempts": MAX_ATTEMPTS,
        "far": FAR,
        "deep": DEEP,
        "in_a_row": IN_A_ROW,
    }
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
    """The first of both lines, whichever workers are there and however many of one creator or licence may be at work at once."""
    with connection.cursor() as cursor:
        cursor.execute(FIRST, _asked(most=0, bound=False, far=count, deep=count))
        return [row[0] for row in cursor.fetchall()]


def place(training: Training) -> Place | None:
    """Among all that may be taken before it, of both lines; None when it does not wait."""
    if training.state != TrainingState.QUEUED:
        return None
    with connection.cursor() as cursor:
        cursor.execute(BEFORE, _asked(training=training.pk))
        before, low, high = cursor.fetchone()
    return Place(before + 1, low, high)


def full(owner: Any) -> bool:
    """Whether so many of hers are at work as one creator may have at once."""
    return 0 < settings.TRAININGS_PER_CREATOR <= _at_work(owner=owner)


def limit(row: Training) -> str:
    """What keeps it from being taken, however many workers are free, as a key of operation.WHYS; nothing when nothing does."""
    if full(row.owner_id):
        return "limit"
    return "licence" if 0 < row.at_once <= _at_work(licence=row.licence_id) else ""


def may_go(row: Training) -> bool:
    """Whether the limits of its creator and of its licence let it be claimed now. What lost its worker has its place among them already.

    Ask inside the transaction that claims it: until its end nobody else decides on the same limits, so that each claim counts the one
    before it. Whoever meets another who is deciding is told no, and finds it at the next look; so nobody ever waits for anybody here.
    """
    if row.state != TrainingState.QUEUED:
        return True
    limits = {"trainings of": row.owner_id} if settings.TRAININGS_PER_CREATOR else {}
    limits |= {"trainings under": row.licence_id} if row.at_once else {}
    return all(_mine_alone(f"{what} {whose}") for what, whose in limits.items()) and not limit(row)


def _mine_alone(what: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0))", [what])
        return bool(cursor.fetchone()[0])


def _at_work(**whose: Any) -> int:
    return Training.objects.filter(state__in=ACTIVE, lease_until__gte=Now(), **whose).count()


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
