"""The whole queue, for whoever keeps it running: who is there, what each training waits for, and what can be done about it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atelier.kit.refused import Refused
from atelier.licences import actions as licences
from atelier.licences.queries import database_now

from . import line, queue, slots
from .models import MAX_ATTEMPTS, Attempt, Training, Wish
from .slots import Slot
from .states import ACTIVE, OPEN, TrainingState

# Of the many that wait, the page shows the first.
MOST = 100
WHYS: dict[str, Promise] = {
    "no_worker": _("no worker is there"),
    "all_draining": _("every worker is draining"),
    "unfit": _("no worker that is there knows its base or has the memory"),
    "limit": _("its owner has as many at work as one may have at once"),
    "licence": _("as many of its licence are at work as its terms allow at once"),
    "busy": _("every worker that it fits is busy"),
    "next": _("a worker is free: it is about to be taken"),
    "takeover": _("its worker fell silent; it waits for another"),
    "at_work": _("a worker has it"),
    "stopping": _("its worker is stopping for its owner"),
    "paused": _("its owner paused it"),
    "spent": _("no attempt is left; the sweep ends it"),
}


@dataclass(frozen=True)
class Waiting:
    """An open training and why it is where it is: a key of WHYS."""

    row: Training
    why: str
    worker: str

    @property
    def words(self) -> str:
        return str(WHYS[self.why])


def everything() -> tuple[list[Slot], list[Waiting]]:
    """The workers, and the open trainings: those at work, the line in its order, and those that are paused."""
    there, now = slots.seen(), database_now()
    open_ = Training.objects.select_related("quote", "owner")
    at_work = list(open_.filter(state__in=ACTIVE).order_by("created_at")[:MOST])
    front = line.front(MOST)
    queued = sorted(open_.filter(pk__in=front), key=lambda row: front.index(row.pk))
    paused = list(open_.filter(state=TrainingState.PAUSED).order_by("since")[:MOST])
    rows = [*at_work, *queued, *paused][:MOST]
    claims = dict(Attempt.objects.filter(training__in=at_work, ended_at=None).values_list("training", "worker"))
    return there, [Waiting(row, why(row, there, now), claims.get(row.pk, "")) for row in rows]


def why(row: Training, there: list[Slot], now: datetime) -> str:
    if row.state == TrainingState.PAUSED:
        return "paused"
    if row.state in ACTIVE and row.lease_until and row.lease_until > now:
        return "stopping" if row.wish != Wish.NONE else "at_work"
    if row.attempts >= MAX_ATTEMPTS:
        return "spent"
    if row.state in ACTIVE:
        return "takeover"
    return line.limit(row) or _for_a_worker(row, there)


def _for_a_worker(row: Training, there: list[Slot]) -> str:
    if not there:
        return "no_worker"
    fitting = [slot for slot in there if line.fits(row, slot)]
    if not fitting:
        return "unfit"
    willing = [slot for slot in fitting if not slot.draining]
    if not willing:
        return "all_draining"
    return "next" if any(not slot.training for slot in willing) else "busy"


def told(row: Training) -> dict[str, Any]:
    """One training as an operator reads it."""
    claims = [{"fence": each.fence, "worker": each.worker, "at": each.created_at, "outcome": each.outcome} for each in row.claims.all()]
    return {
        "training": row.public_id,
        "state": row.state,
        "since": row.since,
        "why": why(row, slots.seen(), database_now()) if row.state in OPEN else row.code,
        "position": queue.position(row),
        "attempts": row.attempts,
        "wish": row.wish,
        "finish_at": row.finish_at,
        "lease_until": row.lease_until,
        "step": row.step,
        "steps": row.steps,
        "captured": row.captured,
        "held_at_most": row.quote.seconds,
        "checkpoints": list(row.checkpoints.values_list("step", flat=True)),
        "claims": claims,
    }


def worker(slot: Slot) -> dict[str, Any]:
    return asdict(slot)


@transaction.atomic
def requeue(*, training: Training) -> Training:
    """Takes it from the worker that has it, by ending the lease: another goes on from the last checkpoint. What waits is hinted at anew.

    The engine of the first is killed at its next heartbeat. Noted in the studio's log. Refused("already_over") for what is over.
    """
    row = Training.objects.select_for_update().get(pk=training.pk)
    if row.state not in OPEN or row.state == TrainingState.PAUSED:
        raise Refused("not_waiting", "Only what waits or is at work can be put back: this is %(state)s.", state=str(row.state))
    licences.note(row.licence, "training.requeue", row.public_id, None, source=str(row.state))
    if row.state in ACTIVE:
        Training.objects.filter(pk=row.pk).update(lease_until=Now())
    row.refresh_from_db()
    queue.announce(row)
    return row
