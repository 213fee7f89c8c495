"""Mails about licences, and the list of those that were taken back, on queue io."""

from celery import shared_task

from atelier.kit import outbox

from . import mails, revocations
from .models import Licence


@outbox.handles("licences.tell_granted")
def tell_granted(licence: str) -> None:
    """Tells the holder. Run twice it would tell her twice, which harms nobody."""
    row = Licence.objects.select_related("holder", "revision__tier__offering").get(pk=licence)
    mails.tell(row.holder, "licences/granted.txt", licence=row, tier=row.revision.tier)


@outbox.handles("licences.publish_revocations")
def publish_revocations() -> None:
    revocations.publish()


@shared_task(name="licences.renew_revocations")
def renew_revocations() -> None:
    """Beat's: also finds what a lost message left out, for it compares with the rows."""
    revocations.publish()
