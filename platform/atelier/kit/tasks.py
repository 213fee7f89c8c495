"""Celery finds its tasks here."""

from .outbox import deliver, forget, sweep

__all__ = ["deliver", "forget", "sweep"]
