"""The queue: rows in PostgreSQL, in order of arrival. Celery messages are hints that may be lost, doubled or late.

`claim` is one UPDATE with the database's clock; it takes a lease and a fence number. The sweep hints again at what waits, and
ends what nobody may try again.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from celery import current_app
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from kombu.exceptions import OperationalError

from atelier.library.models import CustomModel
from atelier.licences.queries import database_now

from . import live, running
from .models import MAX_ATTEMPTS, Attempt, Training, Wish
from .states import ACTIVE, OPEN, TrainingState, edge

log = logging.getLogger(__name__)
HINT_EVERY = timedelta(seconds=5)
# After this long a paused training is cancelled, and what it held goes back.
PAUSE_LIVES = timedelta(days=14)
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
    transaction.on_commit(lambda: _hint([training.pk]))
    live.tell_state(training)


def _hint(trainings: list[UUID]) -> None:
    for pk in trainings:
        try:
            current_app.send_task("trainings.run", (str(pk),), queue="train", retry=False)
        except OperationalError:
            log.warning("broker unreachable; training %s waits for the sweep", pk)


def claim(training: UUID, worker: str) -> Claim | None:
    """Takes the training if it waits or its lease ran out; None when somebody else has it, or it may not be tried again."""
    with transaction.atomic():
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
    live.tell(training, {"event": "state", "state": TrainingState.PREFLIGHT, "final": False})
    return Claim(training, row[0])


def position(training: Training) -> int | None:
    """How many are before it, itself counted; None when it does not wait."""
    if training.state != TrainingState.QUEUED:
        return None
    return Training.objects.filter(state=TrainingState.QUEUED, created_at__lte=training.created_at).count()


def model_of(training: Training) -> CustomModel | None:
    return CustomModel.objects.filter(training=training.pk).first()


def claimable() -> QuerySet[Training]:
    expired = Q(state__in=ACTIVE, lease_until__lt=Now())
    return Training.objects.filter(Q(state=TrainingState.QUEUED) | expired)


def sweep() -> int:
    """Hints at what waits or lost its worker; settles what no worker may take any more. Returns the hints."""
    for row in claimable().filter(~Q(wish=Wish.NONE) | Q(attempts__gte=MAX_ATTEMPTS)):
        _settle(row.pk)
    for row in Training.objects.filter(state=TrainingState.PAUSED, since__lt=Now() - PAUSE_LIVES):
        _expire(row.pk)
    stale = Q(hinted_at=None) | Q(hinted_at__lt=Now() - HINT_EVERY)
    with transaction.atomic():
        waiting = claimable().filter(stale, wish=Wish.NONE, attempts__lt=MAX_ATTEMPTS).select_for_update(skip_locked=True)
        rows = list(waiting.order_by("created_at").values_list("pk", flat=True)[:100])
        Training.objects.filter(pk__in=rows).update(hinted_at=Now())
    _hint(rows)
    return len(rows)


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
