"""Celery's side of trainings: hints in, mails out."""

import logging
import threading
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from atelier.kit import logs, news, outbox

from . import queue, slots, worker
from .models import Training
from .states import OPEN, TrainingState
from .words import ending

log = logging.getLogger(__name__)
_present: list[slots.Presence] = []


@shared_task(name="trainings.run")
def run(training: str) -> None:
    """A hint that this training may be claimable."""
    with logs.about(training=Training(pk=UUID(training)).public_id):
        log.info("%s", worker.work(UUID(training)))


@shared_task(name="trainings.sweep")
def sweep() -> None:
    queue.sweep()


@worker_ready.connect
def warm_up(sender: Any, **_signal: Any) -> None:
    """A worker of queue train starts its engine before the first training asks for it: importing torch takes a while. And is seen."""
    if "train" in sender.app.amqp.queues.consume_from:
        threading.Thread(target=worker.engine, daemon=True, name="warm-up").start()
        _present[:] = [slots.Presence(worker.look, worker.asked_to_drain)]


@worker_shutting_down.connect
def drain(**_signal: Any) -> None:
    """SIGTERM: take nothing new, hand over at a checkpoint what runs."""
    worker.draining.set()


@worker_shutdown.connect
def leave(**_signal: Any) -> None:
    for presence in _present:
        presence.end()


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
        page = settings.PUBLIC_URL + reverse("training", kwargs={"training": row.public_id})
    send_mail(subject, f"{body}\n\n{page}\n", None, [row.owner.email])
