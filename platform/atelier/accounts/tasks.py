"""Celery finds its tasks here."""

from celery import shared_task
from django.contrib.sessions.models import Session
from django.db.models.functions import Now


@shared_task(name="accounts.forget_sessions")
def forget_sessions() -> int:
    """Beat's. Returns how many sessions were over: they may hold what somebody typed into a form."""
    return Session.objects.filter(expire_date__lt=Now()).delete()[0]
