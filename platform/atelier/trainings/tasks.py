"""Celery's side of trainings: hints in, mails out. The work itself is done at the worker's `station`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from atelier.kit import mail, news, outbox, traces

from . import house, live, queue, running, seat, slots, station, worker
from .models import Training
from .states import OPEN, TrainingState
from .words import ending

_stations: list[station.Station] = []
_around: list[slots.Presence | station.Watch] = []


@shared_task(name="trainings.run")
def run(training: str) -> None:
    """A hint that something may be claimable: a worker that has nothing looks at once. Which training it was does not matter."""
    for each in _stations:
        each.hints.set()


@shared_task(name="trainings.sweep")
def sweep() -> None:
    queue.sweep()


@worker_ready.connect
def begin(sender: Any, **_signal: Any) -> None:
    """A worker of queue train takes what waits, is seen and is watched."""
    if "train" not in sender.app.amqp.queues.consume_from:
        return
    traces.begin("train")
    watch = station.Watch()
    _stations[:] = [station.Station()]
    _around[:] = [slots.Presence(worker.look, seat.asked_to_drain), watch]
    watch.begin()
    _stations[0].begin()


@worker_shutting_down.connect
def drain(**_signal: Any) -> None:
    """SIGTERM: take nothing new, hand over at a checkpoint what runs."""
    seat.draining.set()


@worker_shutdown.connect
def leave(**_signal: Any) -> None:
    seat.draining.set()  # also when it is not a signal that ends it
    for each in (*_stations, *_around):
        each.end()


def facts(row: Training) -> dict[str, Any]:
    """What a program is told at the end of a training."""
    model = queue.model_of(row)
    return {
        "training": row.public_id,
        "name": row.quote.name,
        "state": row.state,
        "code": row.code,
        "sentence": row.sentence,
        "step": row.step,
        "steps": row.steps,
        "captured": row.captured,
        "model": model.public_id if model else None,
        "url": f"{settings.PUBLIC_URL}/api/v1/trainings/{row.public_id}",
    }


@outbox.handles("trainings.show_preview")
def show_preview(*, training: str, made_at: str, told: dict[str, Any], **facts: Any) -> None:
    shown = running.show_preview(UUID(training), made_at=datetime.fromisoformat(made_at), **facts)
    if shown is not None:
        transaction.on_commit(lambda: live.tell(shown.training, {**told, "preview": shown.public_id}))


@outbox.handles("trainings.tell_over")
def tell_over(*, training: str) -> None:
    """The mail that a training ended, in the owner's language."""
    row = Training.objects.select_related("owner", "quote").get(pk=training)
    if row.state in OPEN:  # it was cancelled, and its owner has taken a checkpoint of it meanwhile
        return
    news.tell(person=row.owner_id, kind=f"training.{row.state}", facts=facts(row))
    with translation.override(row.owner.language):
        if row.state == TrainingState.DONE:
            subject = _("Your model “%(name)s” is ready") % {"name": row.quote.name}
            body = _("The training is done. Download your model in your library.")
        else:
            subject = _("Your training “%(name)s” has ended") % {"name": row.quote.name}
            end = ending(row)
            body = f"{end.why}\n{end.do}"
        _write(row, subject, body)


@outbox.handles("trainings.fill_adapter")
def fill_adapter(*, adapter: str, key: str, by: str) -> None:
    house.fill(adapter, key, by)


@outbox.handles("trainings.tell_paused")
def tell_paused(*, training: str, since: str) -> None:
    """The mail that a pause ends soon; none when that pause is over."""
    row = Training.objects.select_related("owner", "quote").get(pk=training)
    if row.state != TrainingState.PAUSED or row.since.isoformat() != since:
        return
    with translation.override(row.owner.language):
        end = date_format(row.since + running.PAUSE_LIVES, "DATE_FORMAT")
        subject = _("Your paused training “%(name)s” is cancelled on %(date)s") % {"name": row.quote.name, "date": end}
        body = _("Let it go on, or make a model of what it has learned. If you do nothing, what it still holds goes back to your licence.")
        _write(row, subject, body)


def _write(row: Training, subject: str, body: str) -> None:
    """To the owner, in the language that is on."""
    page = settings.PUBLIC_URL + reverse("training", kwargs={"training": row.public_id})
    mail.send(row.owner.email, subject, f"{body}\n\n{page}\n")
