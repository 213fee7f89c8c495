"""Celery's side of trainings: hints in, mails out."""

import logging
import threading
from typing import Any
from uuid import UUID

from celery import shared_task
from celery.signals import worker_ready, worker_shutting_down
from django.conf import settings
from django.core.mail import send_mail
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from atelier.kit import outbox

from . import queue, worker
from .models import Training
from .states import TrainingState
from .words import ending

log = logging.getLogger(__name__)


@shared_task(name="trainings.run")
def run(training: str) -> None:
    """A hint that this training may be claimable."""
    log.info("training %s: %s", training, worker.work(UUID(training)))


@shared_task(name="trainings.sweep")
def sweep() -> None:
    queue.sweep()


@worker_ready.connect
def warm_up(sender: Any, **_signal: Any) -> None:
    """A worker of queue train starts its engine before the first training asks for it: importing torch takes a while."""
    if "train" in sender.app.amqp.queues.consume_from:
        threading.Thread(target=worker.engine, daemon=True, name="warm-up").start()


@worker_shutting_down.connect
def drain(**_signal: Any) -> None:
    """SIGTERM: take nothing new, hand over at a checkpoint what runs."""
    worker.draining.set()


@outbox.handles("trainings.tell_over")
def tell_over(*, training: str) -> None:
    """The mail that a training ended, in the owner's language."""
    row = Training.objects.select_related("owner", "quote").get(pk=training)
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
