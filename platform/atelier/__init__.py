"""Atelier's Django package. Loading the Celery app here makes every process send its hints to the configured broker."""

from .celery import app as celery_app

__all__ = ["celery_app"]
