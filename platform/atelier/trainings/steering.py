"""What the owner of a training may do with it after its start: pause, resume, finish at a step, cancel.

Each of them locks the row, so of two that come at once one wins and the other is told. A training that a worker has is only asked:
its next heartbeat brings the wish back, and the worker stops behind a checkpoint.
"""

from django.db import transaction

from atelier.accounts.models import User
from atelier.kit.refused import Refused
from atelier.licences import actions as licences
from atelier.licences.queries import permit
from atelier.material import queries as material
from licensing.judge import Action

from . import live, queue, running
from .models import Training, Wish
from .states import ACTIVE, OPEN, TrainingState


@transaction.atomic
def cancel(*, training: Training, by: User) -> Training:
    """Ends at once what no worker has; asks a running one to stop at its next heartbeat. Too late is Refused("already_over")."""
    row = _open(training)
    if row.wish == Wish.CANCEL:
        return row
    _note(row, "cancel", by)
    if row.state in ACTIVE:
        return _ask(row, Wish.CANCEL)
    running.end(row, TrainingState.CANCELLED, "cancelled", "You cancelled it.")
    return row


@transaction.atomic
def pause(*, training: Training, by: User) -> Training:
    """Sets it aside at its next checkpoint: the worker is freed, what is captured stays, the rest stays on hold for running.PAUSE_LIVES."""
    row = _open(training)
    if row.state == TrainingState.PAUSED or row.wish == Wish.PAUSE:
        return row
    _not_stopping(row)
    if row.state == TrainingState.FINISHING or row.finish_at is not None:
        raise Refused("too_late_to_pause", "Its files are being made already; there is nothing left to pause.")
    _note(row, "pause", by)
    if row.state in ACTIVE:
        return _ask(row, Wish.PAUSE)
    running.set_aside(row)
    return row


@transaction.atomic
def resume(*, training: Training, by: User) -> Training:
    """Back into the queue, to go on from its checkpoint, if the rules still allow it. Takes back a pause that was only asked for."""
    row = _open(training)
    if row.state != TrainingState.PAUSED and row.wish != Wish.PAUSE:
        return row
    _require_rights(row)
    _note(row, "resume", by)
    if row.state == TrainingState.PAUSED:
        running.requeue(row, "resumed")
        queue.announce(row)
        return row
    return _ask(row, Wish.NONE)


@transaction.atomic
def finish(*, training: Training, by: User, step: int | None = None) -> Training:
    """The model is made from the checkpoint of `step`, or where it is now; the steps taken until then are captured, the rest goes back.

    Also for what was cancelled, whose checkpoints are kept. Refused("nothing_learned") before the first step, ("no_such_checkpoint")
    for a step that is not stored, ("already_over") when there is nothing left to choose.
    """
    row = _locked(training)
    if row.state in OPEN:
        _not_stopping(row)
        if row.state == TrainingState.FINISHING or row.finish_at is not None:
            return row
    elif row.state != TrainingState.CANCELLED:
        raise _over(row)
    at = _result(row, step)
    _require_rights(row)
    _note(row, "finish", by, at=at)
    row.finish_at = at
    row.save(update_fields=["finish_at"])
    if row.state in ACTIVE:
        return _ask(row, Wish.NONE)
    if row.state != TrainingState.QUEUED:
        running.requeue(row, "finish")
    queue.announce(row)
    return row


def _result(row: Training, step: int | None) -> int:
    stored = set(row.checkpoints.values_list("step", flat=True))
    if step is not None and step not in stored:
        raise Refused("no_such_checkpoint", "Step %(step)s is not stored. Choose one of the stored steps.", status=422, step=step)
    reached = row.step if row.state in ACTIVE else max(stored, default=0)
    if not reached:
        raise Refused("nothing_learned", "It has not learned anything yet. Let it take a few steps first, or cancel it.")
    return reached if step is None else step


def _require_rights(row: Training) -> None:
    if not material.usable(row.quote.dataset):
        raise Refused("material_withdrawn", "Its dataset was withdrawn.")
    permit(row.licence, Action.HEARTBEAT, row.owner, row.stands_on)


def _not_stopping(row: Training) -> None:
    if row.wish == Wish.CANCEL:
        raise Refused("stopping", "It was asked to stop and does so after the step in hand.")


def _ask(row: Training, wish: Wish) -> Training:
    row.wish = wish
    row.save(update_fields=["wish"])
    live.tell_state(row)
    return row


def _open(training: Training) -> Training:
    row = _locked(training)
    if row.state not in OPEN:
        raise _over(row)
    return row


def _over(row: Training) -> Refused:
    return Refused("already_over", "This training is already over: %(state)s.", state=str(row.state))


def _locked(training: Training) -> Training:
    return Training.objects.select_for_update().get(pk=training.pk)


def _note(row: Training, deed: str, by: User, **detail: object) -> None:
    licences.note(row.licence, f"training.{deed}", row.public_id, by.id, step=row.step, **detail)
