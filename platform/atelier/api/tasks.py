"""Celery finds its tasks here."""

from celery import shared_task

from . import idempotency


@shared_task(name="api.forget_answers")
def forget_answers() -> int:
    """Beat's. Returns how many stored answers were old enough to go."""
    return idempotency.forget()
