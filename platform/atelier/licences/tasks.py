"""Mails about licences, and the list of those that were taken back, on queue io."""

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail

from atelier.kit import outbox

from . import revocations
from .models import Licence

GRANTED = {
    "en": (
        "Your licence for {offering}",
        "Hello,\n\nyour licence {licence} for {offering} ({tier}) is active{until}.\nTraining seconds included: {seconds}.\n\n{url}\n",
        " until {date}",
    ),
    "fr": (
        "Votre licence pour {offering}",
        "Bonjour,\n\nvotre licence {licence} pour {offering} ({tier}) est active{until}.\n"
        "Secondes d’entraînement comprises : {seconds}.\n\n{url}\n",
        " jusqu’au {date}",
    ),
}


@outbox.handles("licences.tell_granted")
def tell_granted(licence: str) -> None:
    """Tells the holder, in her language. Run twice it would tell her twice, which harms nobody."""
    row = Licence.objects.select_related("holder", "revision__tier__offering").get(pk=licence)
    subject, text, ending = GRANTED["fr" if row.holder.language.startswith("fr") else "en"]
    words = {
        "licence": row.public_id,
        "offering": row.revision.tier.offering.name,
        "tier": row.revision.tier.name,
        "until": ending.format(date=row.expires_at.date().isoformat()) if row.expires_at else "",
        "seconds": row.terms.training_seconds,
        "url": f"{settings.PUBLIC_URL}/licences/{row.public_id}",
    }
    send_mail(subject.format(**words), text.format(**words), settings.DEFAULT_FROM_EMAIL, [row.holder.email])


@outbox.handles("licences.publish_revocations")
def publish_revocations() -> None:
    revocations.publish()


@shared_task(name="licences.renew_revocations")
def renew_revocations() -> None:
    """Beat's: also finds what a lost message left out, for it compares with the rows."""
    revocations.publish()
