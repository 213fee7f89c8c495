"""Ends trainings whose ground was taken from under them: running, waiting or paused, each in one transaction with its money."""

from collections.abc import Iterable
from uuid import UUID

from django.db import transaction

from . import running
from .models import Training
from .states import OPEN, TrainingState

CODE, SENTENCE = "LINEAGE_WITHDRAWN", "Something that it stands on was taken down. What was on hold went back."


@transaction.atomic
def withdraw(trainings: Iterable[UUID]) -> list[UUID]:
    """Safe to repeat. What is over stays as it ended. Returns those that were open; a worker that had one writes nothing more."""
    rows = Training.objects.select_for_update(of=("self",)).select_related("licence__revision__tier__offering__version", "quote")
    ended = list(rows.filter(pk__in=trainings, state__in=OPEN).order_by("pk"))
    for row in ended:
        running.end(row, TrainingState.WITHDRAWN, CODE, SENTENCE)
    return [row.pk for row in ended]
