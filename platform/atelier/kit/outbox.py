"""The transactional outbox. `post` inside a transaction; the handler runs on queue io at least once, whatever the broker loses.

The row is the truth and the Celery message a hint: a lost one is sent again by the sweep, a doubled one finds the row locked or done.
"""

import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from celery import shared_task
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from .models import Message

log = logging.getLogger(__name__)
Handler = Callable[..., None]
HANDLERS: dict[str, Handler] = {}
# With the pauses below, a message is tried for about seven hours: longer than the outages that people sleep through.
MAX_ATTEMPTS = 12
LONGEST_PAUSE = timedelta(hours=1)
# What is done is of no more use than to look up what went out lately, and its arguments name people's things.
KEPT_FOR = timedelta(days=30)
# A hint that nobody acted on for this long is sent again.
RESEND_AFTER = timedelta(seconds=30)


def handles(name: str) -> Callable[[Handler], Handler]:
    """Registers what happens for messages of this name. It must be safe to run twice."""

    def register(handler: Handler) -> Handler:
        HANDLERS[name] = handler
        return handler

    return register


def post(name: str, *, after: timedelta = timedelta(0), **args: Any) -> Message:
    """Writes the message in the caller's transaction and hints at it on commit. Arguments are JSON: ids, not rows."""
    message = Message.objects.create(name=name, args=args, due_at=Now() + after)
    if not after:
        transaction.on_commit(lambda: hint(message.id))
    return message


def hint(message_id: UUID) -> None:
    """Tells a worker now rather than at the next sweep. Losing it is harmless, so a dead broker must not fail the request."""
    try:
        deliver.apply_async((str(message_id),), queue="io", retry=False)
    except deliver.OperationalError:
        log.warning("broker unreachable; message %s waits for the sweep", message_id)


@shared_task(name="kit.outbox.deliver")
def deliver(message_id: str) -> None:
    """Runs the handler in one transaction with marking the message done."""
    try:
        with transaction.atomic():
            message = Message.objects.select_for_update(skip_locked=True).filter(pk=message_id, done_at=None, failed_at=None).first()
            if message is None:
                return
            HANDLERS[message.name](**message.args)
            Message.objects.filter(pk=message.pk).update(done_at=Now(), attempts=F("attempts") + 1)
    except Exception as error:
        postpone(message_id, error)
        raise


def postpone(message_id: str, error: Exception) -> None:
    """Exponential back-off; after MAX_ATTEMPTS the message is set aside with its error, for a person to look at."""
    message = Message.objects.get(pk=message_id)
    attempts = message.attempts + 1
    Message.objects.filter(pk=message_id).update(
        attempts=attempts,
        error=f"{type(error).__name__}: {error}"[:2000],
        due_at=Now() + min(timedelta(seconds=2 * 4 ** (attempts - 1)), LONGEST_PAUSE),
        failed_at=Now() if attempts >= MAX_ATTEMPTS else None,
    )


@shared_task(name="kit.outbox.sweep")
def sweep() -> int:
    """Sends hints for due messages again. Returns how many."""
    with transaction.atomic():
        due = Message.objects.select_for_update(skip_locked=True).filter(done_at=None, failed_at=None, due_at__lte=Now())
        rows = [pk for pk in due.order_by("due_at").values_list("pk", flat=True)[:200]]
        Message.objects.filter(pk__in=rows).update(due_at=Now() + RESEND_AFTER)
    for pk in rows:
        hint(pk)
    return len(rows)


@shared_task(name="kit.outbox.forget")
def forget() -> int:
    """Messages done long ago go; what failed stays until a person has looked at it. Returns how many went."""
    return Message.objects.filter(done_at__lt=Now() - KEPT_FOR).delete()[0]
