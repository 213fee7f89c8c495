"""The queue: rows in PostgreSQL, in the order of `line`. Celery messages are hints that may be lost, doubled or late.

`claim` is one UPDATE with the database's clock; it takes a lease and a fence number. Whoever misses a
hint finds the row at the next look of a worker (station.py). The sweep ends what nobody may try again.
"""

import logging
from dataclasses import dataclass
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from atelier.library.models import CustomModel
from atelier.licences.queries import database_now
from atelier.licences.states import LicenceState

from . import line, live, running
from .models import MAX_ATTEMPTS, Attempt, Training, Wish
from .running import PAUSE_LIVES
from .slots import Slot
from .states import ACTIVE, OPEN, TrainingState, edge

log = logging.getLogger(__name__)
HINT_LIVES = 60.0
WAITING = (TrainingState.QUEUED, TrainingState.PAUSED)
CLAIM = """
    UPDATE trainings_training
       SET state = 'preflight', since = clock_timestamp(), fence = nextval('trainings_fence'), attempts = attempts + 1,
           lease_until = clock_timestamp() + make_interval(secs => %s)
     WHERE id = %s AND wish = '' AND attempts < %s
       AND (state = 'queued' OR (state = ANY(%s) AND lease_until < clock_timestamp()))
 RETURNING fence
"""


@dataclass(frozen=True)
class Claim:
    """The right to work on a training until the lease runs out."""

    training: UUID
    fence: int


def announce(training: Training) -> None:
    """Hints at the training once the transaction stands."""
    transaction.on_commit(lambda: _hint(training.pk))
    live.tell_state(training)


def _hint(training: UUID) -> None:
    """Old hints are of no use to anybody: they do not pile up while no worker is there."""
    try:
        current_app.send_task("trainings.run", (str(training),), queue="train", retry=False, expires=HINT_LIVES)
    except OperationalError:
        log.warning("broker unreachable; training %s waits for a worker's next look", training)


def claim(training: UUID, worker: str) -> Claim | None:
    """Takes the training if it waits or its lease ran out; None when somebody else has it, or it may not be tried again."""
    with transaction.atomic():
        return _take(training, worker)


def claim_next(slot: Slot) -> Claim | None:
    """Takes the first in the line that fits this worker; None when there is none, or others are taking all of it this moment."""
    return next((got for training in line.first(slot) if (got := claim_listed(training, slot.worker))), None)


@transaction.atomic
def claim_listed(training: UUID, worker: str) -> Claim | None:
    """Takes one that the line named, if nobody else is about to and its creator's and its licence's limits let it go."""
    row = Training.objects.select_for_update(skip_locked=True).filter(pk=training).first()
    return _take(training, worker) if row and line.may_go(row) else None


def _take(training: UUID, worker: str) -> Claim | None:
    with connection.cursor() as cursor:
        cursor.execute(CLAIM, [settings.TRAINING_LEASE_SECONDS, training, MAX_ATTEMPTS, [str(s) for s in ACTIVE]])
        row = cursor.fetchone()
    if row is None:
        return None
    lost = Attempt.objects.filter(training=training, ended_at=None).update(ended_at=Now(), outcome="lease_lost")
    Attempt.objects.create(training_id=training, fence=row[0], worker=worker)
    taken = Training.objects.select_related("licence__revision__tier__offering__version").get(pk=training)
    source = TrainingState.RUNNING if lost else TrainingState.QUEUED
    running.note(taken, edge(source, TrainingState.PREFLIGHT), "lease_lost" if lost else "claimed", worker=worker)
    event = {"event": "state", "state": TrainingState.PREFLIGHT, "final": False}
    transaction.on_commit(lambda: live.tell(training, event))
    return Claim(training, row[0])


def position(training: Training) -> int | None:
    """Its number in the line, from 1; None when it does not wait."""
    found = line.place(training)
    return found.number if found else None


def model_of(training: Training) -> CustomModel | None:
    return CustomModel.objects.filter(training=training.pk).first()


def sweep() -> None:
    """Settles what no worker may take any more, what was paused for too long, and what waits under a licence that is over for good."""
    for row in line.claimable().filter(~Q(wish=Wish.NONE) | Q(attempts__gte=MAX_ATTEMPTS)):
        _settle(row.pk)
    for row in Training.objects.filter(state=TrainingState.PAUSED, since__lt=Now() - PAUSE_LIVES):
        _expire(row.pk)
    for row in Training.objects.filter(state__in=WAITING, licence__state=LicenceState.REVOKED):
        _reject(row.pk)


@transaction.atomic
def _settle(pk: UUID) -> None:
    row = Training.objects.select_for_update().get(pk=pk)
    if row.state not in OPEN or (row.lease_until and row.lease_until > database_now()):
        return
    if row.wish == Wish.CANCEL:
        running.end(row, TrainingState.CANCELLED, "cancelled", "You cancelled it.")
    elif row.wish == Wish.PAUSE:
        running.set_aside(row)
    elif row.attempts >= MAX_ATTEMPTS:
        sentence = f"Our workers failed {MAX_ATTEMPTS} times in a row. Nothing was charged; we were told and look into it."
        running.end(row, TrainingState.FAILED_SYSTEM, "workers_failed", sentence)


@transaction.atomic
def _expire(pk: UUID) -> None:
    row = Training.objects.select_for_update().get(pk=pk)
    if row.state == TrainingState.PAUSED and row.since < database_now() - PAUSE_LIVES:
        sentence = f"It was paused for {PAUSE_LIVES.days} days. Its checkpoints are kept; what was on hold went back."
        running.end(row, TrainingState.CANCELLED, "pause_expired", sentence)


@transaction.atomic
def _reject(pk: UUID) -> None:
    """Nobody is at work on it who would notice."""
    row = Training.objects.select_for_update().get(pk=pk)
    if row.state in WAITING:
        running.stop(row, running.standing(row))
