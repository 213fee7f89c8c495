"""Celery finds its tasks here."""

from .outbox import deliver, sweep

__all__ = ["deliver", "sweep"]
