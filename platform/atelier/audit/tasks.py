"""Celery finds its tasks here."""

from .sequencer import sequence_soon

__all__ = ["sequence_soon"]
