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
from atelier.library import previews
from atelier.library.actions import StoredFile, publish
from atelier.library.models import Curve, CustomModel, Point, Preview
from atelier.licences import actions as licences
from atelier.licences.queries import database_now, permit
from atelier.material import queries as material
from licensing.judge import Action

from . import live
from .models import MAX_ATTEMPTS, Attempt, Checkpoint, Training, Wish
from .pricing import share
from .states import ACTIVE, OPEN, TRAINING, By, Edge, Money, TrainingState, edge

# After this long a paused training is cancelled, and what it held goes back. Its owner is told so this long before.
PAUSE_LIVES, PAUSE_WARNS = timedelta(days=14), timedelta(days=3)
# Why a worker moves it on, and where a lost right leads.
CODES: dict[str, str] = {TrainingState.RUNNING: "first_step", TrainingState.FINISHING: "trained"}
STOPPED: dict[str, str] = {
    "cancelled": TrainingState.CANCELLED,
    **dict.fromkeys(("material_withdrawn", "LINEAGE_WITHDRAWN", "CONSENT_WITHDRAWN"), TrainingState.WITHDRAWN),
}


class LeaseLost(Exception):
    """Somebody else may have the training now: stop the engine and write nothing."""


@dataclass(frozen=True)
class Orders:
    """What the heartbeat brings back: go on, stop because of a wish or a right, or be content with the step `finish_at`."""

    stop: str = ""
    sentence: str = ""
    finish_at: int | None = None


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
    if row.wish == Wish.CANCEL:
        return Orders("cancelled", f"You cancelled it at step {row.step} of {row.steps}.")
    if not material.usable(row.quote.dataset):
        return Orders("material_withdrawn", "Its dataset was withdrawn.")
    try:
        permit(row.licence, Action.HEARTBEAT, row.owner, row.stands_on)
    except Refused as refused:
        return Orders(refused.code, refused.sentence)
    return Orders("paused") if row.wish == Wish.PAUSE else Orders(finish_at=row.finish_at)


def enter(training: UUID, fence: int, state: str) -> None:
    """Moves along the table: preflight -> running -> finishing."""
    with fenced(training, fence) as row:
        if row.state != state:
            _move(row, state, CODES[state])


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


def preview(training: UUID, fence: int, *, place: int, step: int, key: str, still: str, told: dict[str, Any]) -> None:
    """A preview whose file is in the store is signed on queue io, where the keys are; then it is shown, and `told` to who watches."""
    with fenced(training, fence) as row:
        facts: dict[str, Any] = {"training": str(row.pk), "fence": fence, "place": place, "step": step, "key": key, "still": still}
        outbox.post("trainings.show_preview", **facts, made_at=database_now().isoformat(), told=told)


def show_preview(training: UUID, *, place: int, **facts: Any) -> Preview | None:
    """Signed, for everybody who may see it. The same prompt and step again takes the place of the earlier one; None where it came too
    late for that."""
    row = Training.objects.select_related("quote", "licence").get(pk=training)
    wanted = row.quote.previews[place]
    return previews.keep(training=row.pk, licence=row.licence, place=place, prompt=wanted["prompt"], seed=wanted["seed"], **facts)


def checkpoint(training: UUID, fence: int, step: int, loss: float | None, files: Sequence[dict[str, str]]) -> int:
    """Keeps a stored checkpoint and captures its share of the quote. Returns the seconds captured now.

    What it still learned after its owner took a step as the result is not charged.
    """
    with fenced(training, fence) as row:
        Checkpoint.objects.update_or_create(training=row, step=step, defaults={"fence": fence, "loss": loss, "files": list(files)})
        wanted = step if row.finish_at is None else min(step, row.finish_at)
        due = share(row.quote.seconds, wanted, row.steps) - row.captured
        if due <= 0:
            return 0
        licences.capture(training=row.pk, seconds=due, key=f"step-{step}")
        Training.objects.filter(pk=row.pk).update(captured=row.captured + due, step=max(step, row.step))
        return due


def finish(training: UUID, fence: int, *, manifest: dict[str, Any], files: Sequence[StoredFile]) -> CustomModel | None:
    """Publishes the model, captures what its steps cost and gives the rest back, in one transaction.

    None when a cancel or a lost right came first. A pause that comes now comes too late.
    """
    with fenced(training, fence) as row:
        orders = standing(row)
        if orders.stop not in ("", "paused"):
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
        step = manifest.get("steps", row.steps)
        captured = _settle(row, step)
        code = "trained" if step == row.steps else "finished_early"
        _close(row, TrainingState.DONE, code, wish=Wish.NONE, step=step, captured=captured, model=model.public_id)
        return model


def _settle(row: Training, step: int) -> int:
    """Captures what is due at this step and gives the rest back. Returns the seconds captured in all, never less than before."""
    due = max(0, share(row.quote.seconds, step, row.steps) - row.captured)
    licences.capture(training=row.pk, seconds=due, key="done")
    licences.release(licence=row.licence, training=row.pk)
    return row.captured + due


def stop(row: Training, orders: Orders) -> None:
    """Ends a running training, or sets it aside, for the reason that the heartbeat brought."""
    if orders.stop == "paused":
        set_aside(row)
    else:
        end(row, STOPPED.get(orders.stop, TrainingState.REJECTED), orders.stop, orders.sentence)


def set_aside(row: Training) -> None:
    """Paused (the caller holds its row). Its owner is written to before it is cancelled for having lain too long."""
    _leave(row, TrainingState.PAUSED)
    _move(row, TrainingState.PAUSED, "paused", lease_until=None, wish=Wish.NONE)
    outbox.post("trainings.tell_paused", after=PAUSE_LIVES - PAUSE_WARNS, training=str(row.pk), since=row.since.isoformat())


def requeue(row: Training, code: str) -> None:
    """By its owner (the caller holds its row): it goes on from its checkpoint, or its model is made from one. Attempts count anew."""
    _move(row, TrainingState.QUEUED, code, wish=Wish.NONE, attempts=0, code="", sentence="")


def end(row: Training, state: str, code: str, sentence: str) -> None:
    """Ends a training other than well (the caller holds its row): what is on hold goes back; after a failure, what was captured too."""
    licences.release(licence=row.licence, training=row.pk)
    if edge(row.state, state).money == Money.REVERSED:
        licences.reverse(licence=row.licence, training=row.pk)
        row.captured = 0
    _close(row, state, code, sentence=sentence, captured=row.captured)


def give_up(training: UUID, fence: int, code: str, sentence: str) -> str:
    """A failure of ours: back into the queue, or the end once the attempts are spent. Returns the new state."""
    with fenced(training, fence) as row:
        if row.attempts >= MAX_ATTEMPTS:
            end(row, TrainingState.FAILED_SYSTEM, code, f"{sentence} Nothing was charged.")
        else:
            _back_to_queue(row, code)
        return row.state


def died(training: UUID, fence: int, clip: str) -> str:
    """The engine died under it. When it died twice at the same clip, that clip is what is wrong: no third attempt is made."""
    with fenced(training, fence) as row:
        again = bool(clip) and Attempt.objects.filter(training=row, clip=clip).exists()
        Attempt.objects.filter(training=row, ended_at=None).update(clip=clip)
        if not again:
            return give_up(training, fence, "engine_died", "The training engine stopped unexpectedly.")
        sentence = f"{clip} ended the training engine twice: replace it or take it out of the dataset."
        end(row, TrainingState.FAILED_USER, "bad_data", sentence)
        return row.state


def hand_back(training: UUID, fence: int, code: str = "drained") -> None:
    """A worker that drains or is at something else: another goes on from the last checkpoint, and it does not count as an attempt."""
    with fenced(training, fence) as row:
        _back_to_queue(row, code, attempts=_without_this(row))


def refuse(training: UUID, fence: int, code: str, sentence: str) -> None:
    """The material or the settings cannot be trained: not tried again, nothing charged."""
    with fenced(training, fence) as row:
        end(row, TrainingState.FAILED_USER, code, sentence)


def obey(training: UUID, fence: int) -> str:
    """Stops for what is asked now, after the engine has stopped. A pause that was taken back meanwhile leads into the queue again.

    Returns what it came to.
    """
    with fenced(training, fence) as row:
        orders = standing(row)
        if orders.stop:
            stop(row, orders)
            return orders.stop
        _back_to_queue(row, "resumed", attempts=_without_this(row))
        return "resumed"


def _without_this(row: Training) -> int:
    return max(0, row.attempts - 1)


def _back_to_queue(row: Training, outcome: str, **changes: Any) -> None:
    _leave(row, outcome)
    _move(row, TrainingState.QUEUED, outcome, lease_until=None, **changes)


def _close(row: Training, state: str, code: str, model: str = "", **changes: Any) -> None:
    """To a state in which no worker has it, and of which its owner is told."""
    _leave(row, state)
    kept = "" if state == TrainingState.DONE else code
    _move(row, state, code, lease_until=None, code=kept, told={"model": model} if model else {}, **changes)
    outbox.post("trainings.tell_over", training=str(row.pk))


def _leave(row: Training, outcome: str) -> None:
    Attempt.objects.filter(training=row, ended_at=None).update(ended_at=Now(), outcome=outcome)


def _move(row: Training, state: str, reason: str, told: dict[str, str] | None = None, **changes: Any) -> None:
    """Along an edge, with its audit entry."""
    move = edge(row.state, state)
    TRAINING.move(row, state, since=database_now(), **changes)
    note(row, move, reason, **(told or {}))
    live.tell_state(row)


def note(row: Training, move: Edge, code: str, **detail: object) -> None:
    by = None if move.by == By.WORKER and move.to in OPEN else row.owner_id
    licences.note(row.licence, move.audit, row.public_id, by, source=str(move.source), code=code, seconds=row.captured, **detail)
