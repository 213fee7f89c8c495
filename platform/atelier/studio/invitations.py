"""The mail of an invitation, on queue io."""

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, override

from atelier.kit import mail, outbox
from atelier.kit.tickets import ticket

from .models import Invitation
from .states import InvitationState
from .words import ROLES


@outbox.handles("studio.tell_invited")
def tell_invited(invitation: str) -> None:
    """Run twice it would tell her twice, which harms nobody. Nothing is sent for one that was withdrawn meanwhile."""
    row = Invitation.objects.select_related("studio").get(pk=invitation)
    if row.state != InvitationState.OPEN:
        return
    with override(row.language):
        url = settings.PUBLIC_URL + reverse("studio-invitation", args=[ticket(row)])
        name = " ".join(row.studio.name.split())
        words = {"studio": name, "role": str(ROLES[row.role]), "url": url, "date": row.expires_at.strftime("%Y-%m-%d")}
        subject = gettext("%(studio)s invites you to its studio on Atelier") % words
        text = gettext(
            "Hello,\n\nthe studio %(studio)s invites you to become a member: %(role)s.\n\n"
            "Open this link, sign in or create an account with this address, and decide there:\n%(url)s\n\n"
            "The link is good until %(date)s. If you do not know the studio, ignore this mail: nothing happens.\n"
        )
        mail.send(row.email, subject, text % words)
