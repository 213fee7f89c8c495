"""What workers write about a training. Every write is fenced: it counts only while this worker's lease stands."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from atelier.kit import outbox
from atelier.kit.refused import Refused
from atelier.library.actions import StoredFile, publish
from atelier.library.models import Curve, CustomModel, Point, Preview
from atelier.licences import actions as licences
from atelier.licences.queries import database_now, permit
from atelier.material import queries as material
from licensing.judge import Action

from . import live
from .models import MAX_ATTEMPTS, Attempt, Checkpoint, Training
from .pricing import share
from .states import ACTIVE, TRAINING, TrainingState


class LeaseLost(Exception):
    """Somebody else may have the training now: stop the engine and write nothing."""


@dataclass(frozen=True)
class Orders:
    """What the heartbeat brings back: go on, or stop because of a wish or a right."""

    stop: str = ""
    sentence: str = ""


@contextmanager
def fenced(training: UUID, fence: int) -> Iterator[Training]:
    """The training's row, locked, in a transaction. Raises LeaseLost unless this fence's lease stands."""
    with transaction.atomic():
        row = Training.objects.select_for_update().filter(pk=training, fence=fence, state__in=ACTIVE).first()
        if row is None or row.lease_until is None or row.lease_until < database_now():
            raise LeaseLost(f"training {training} fence {fence}")
        yield row


def beat(training: UUID, fence: int) -> Orders:
    """Renews the lease and asks again: does she still want it, do the rights still stand?"""
    with fenced(training, fence) as row:
        Training.objects.filter(pk=row.pk).update(lease_until=Now() + timedelta(seconds=settings.TRAINING_LEASE_SECONDS))
        return standing(row)


def standing(row: Training) -> Orders:
    if row.cancel_requested:
        return Orders("cancelled", f"You cancelled it at step {row.step} of {row.steps}.")
    if not material.usable(row.quote.dataset):
        return Orders("material_withdrawn", "Its dataset was withdrawn.")
    try:
        permit(row.licence, Action.HEARTBEAT, row.owner)
    except Refused as refused:
        return Orders(refused.code, refused.sentence)
    return Orders()


def enter(training: UUID, fence: int, state: str) -> None:
    """Moves along the table: preflight -> running -> finishing."""
    with fenced(training, fence) as row:
        if row.state != state:
            _move(row, state)


def progress(training: UUID, fence: int, step: int, loss: float, mean: float | None = None) -> None:
    """With `mean`, the loss's curve gets a point that stays."""
    with fenced(training, fence) as row:
        Training.objects.filter(pk=row.pk).update(step=max(step, row.step), loss=loss)
        if mean is not None:
            _point(row, Curve.LOSS, step, mean)


def validated(training: UUID, fence: int, step: int, loss: float) -> None:
    with fenced(training, fence) as row:
        _point(row, Curve.VALIDATION, step, loss)


def _point(row: Training, curve: str, step: int, value: float) -> None:
    Point.objects.update_or_create(training=row.pk, curve=curve, step=step, defaults={"value": value})


def preview(training: UUID, fence: int, *, place: int, step: int, key: str, still: str) -> Preview:
    """A preview whose file is in the store. The same prompt and step again takes the place of the earlier one."""
    with fenced(training, fence) as row:
        wanted = row.quote.previews[place]
        facts = {"fence": fence, "prompt": wanted["prompt"], "seed": wanted["seed"], "key": key, "still": still}
        kept, _ = Preview.objects.update_or_create(training=row.pk, place=place, step=step, defaults=facts)
        return kept


def checkpoint(training: UUID, fence: int, step: int, loss: float | None, files: Sequence[dict[str, str]]) -> int:
    """Keeps a stored checkpoint and captures its share of the quote. Returns the seconds captured now."""
    with fenced(training, fence) as row:
        Checkpoint.objects.update_or_create(training=row, step=step, defaults={"fence": fence, "loss": loss, "files": list(files)})
        due = share(row.quote.seconds, step, row.steps) - row.captured
        if due <= 0:
            return 0
        licences.capture(training=row.pk, seconds=due, key=f"step-{step}")
        Training.objects.filter(pk=row.pk).update(captured=row.captured + due, step=max(step, row.step))
        return due


def finish(training: UUID, fence: int, *, manifest: dict[str, Any], files: Sequence[StoredFile]) -> CustomModel | None:
    """Publishes the model and captures the rest, in one transaction. None when a cancel or a lost right came first."""
    with fenced(training, fence) as row:
        orders = standing(row)
        if orders.stop:
            stop(row, orders)
            return None
        model = publish(
            owner=row.owner,
            licence=row.licence,
            training=row.pk,
            dataset_root=row.quote.dataset.root,
            name=row.quote.name,
            use=row.quote.project.declaration,
            manifest=manifest,
            files=files,
        )
        licences.capture(training=row.pk, seconds=row.quote.seconds - row.captured, key="done")
        Training.objects.filter(pk=row.pk).update(captured=row.quote.seconds, step=row.steps)
        _close(row, TrainingState.DONE)
        licences.note(row.licence, "training.done", row.public_id, row.owner_id, model=model.public_id, seconds=row.quote.seconds)
        outbox.post("trainings.tell_over", training=str(row.pk))
        return model


def stop(row: Training, orders: Orders) -> None:
    """Ends a running training for the reason that the heartbeat brought."""
    state = TrainingState.CANCELLED if orders.stop == "cancelled" else TrainingState.REJECTED
    end(row, state, orders.stop, orders.sentence)


def end(row: Training, state: str, code: str, sentence: str) -> None:
    """Ends a training other than well (the caller holds its row): what is on hold goes back; after a failure, what was captured too."""
    licences.release(licence=row.licence, training=row.pk)
    if state in (TrainingState.FAILED_SYSTEM, TrainingState.FAILED_USER):
        licences.reverse(licence=row.licence, training=row.pk)
        row.captured = 0
    _close(row, state, code=code, sentence=sentence, captured=row.captured)
    licences.note(row.licence, f"training.{state}", row.public_id, row.owner_id, code=code, seconds=row.captured)
    outbox.post("trainings.tell_over", training=str(row.pk))


def give_up(training: UUID, fence: int, code: str, sentence: str) -> str:
    """A failure of ours: back into the queue, or the end once the attempts are spent. Returns the new state."""
    with fenced(training, fence) as row:
        if row.attempts >= MAX_ATTEMPTS:
            end(row, TrainingState.FAILED_SYSTEM, code, f"{sentence} Nothing was charged.")
        else:
            _back_to_queue(row, code)
        return row.state


def hand_back(training: UUID, fence: int) -> None:
    """A worker that drains: another one goes on from the last checkpoint, and it does not count as an attempt."""
    with fenced(training, fence) as row:
        _back_to_queue(row, "drained", attempts=row.attempts - 1)


def refuse(training: UUID, fence: int, code: str, sentence: str) -> None:
    """The material or the settings cannot be trained: not tried again, nothing charged."""
    with fenced(training, fence) as row:
        end(row, TrainingState.FAILED_USER, code, sentence)


def obey(training: UUID, fence: int, orders: Orders) -> None:
    with fenced(training, fence) as row:
        stop(row, orders)


def _back_to_queue(row: Training, outcome: str, **changes: Any) -> None:
    _leave(row, outcome)
    _move(row, TrainingState.QUEUED, lease_until=None, hinted_at=None, **changes)


def _close(row: Training, state: str, **changes: Any) -> None:
    _leave(row, state)
    _move(row, state, lease_until=None, **changes)


def _leave(row: Training, outcome: str) -> None:
    Attempt.objects.filter(training=row, ended_at=None).update(ended_at=Now(), outcome=outcome)


def _move(row: Training, state: str, **changes: Any) -> None:
    TRAINING.move(row, state, since=database_now(), **changes)
    live.tell_state(row)
