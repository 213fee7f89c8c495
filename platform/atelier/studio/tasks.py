"""What the studio's room has done on queue io."""

from celery import shared_task

from .bases_samples import check
from .checkpoints import sign_all, tell_signed
from .invitations import tell_invited

__all__ = ["check", "sign_checkpoints", "tell_invited", "tell_signed"]


@shared_task(name="studio.sign_checkpoints")
def sign_checkpoints() -> None:
    """Beat's, every hour: so a day's checkpoint is late by an hour at most."""
    sign_all()
