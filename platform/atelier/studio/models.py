"""Invitations to become a member of a studio."""

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from atelier.accounts.models import Role, Studio, User
from atelier.kit.models import Row

from .states import INVITATION, InvitationState


class Invitation(Row):
    """Whoever reads the mail of this address may become a member. Whether there is an account for it is nobody's business here."""

    prefix = "inv"
    studio = models.ForeignKey(Studio, on_delete=models.PROTECT, related_name="invitations")
    email = models.EmailField(max_length=254)
    role = models.CharField(max_length=10, choices=Role.choices)
    language = models.CharField(max_length=5, help_text="Of the mail: that of the page on which it was written.")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=InvitationState.choices, default=InvitationState.OPEN)
    expires_at = models.DateTimeField()

    class Meta:
        constraints = [
            INVITATION.constraint("invitation_state_known"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="invitation_role_known"),
            models.UniqueConstraint("studio", Lower("email"), condition=Q(state=InvitationState.OPEN), name="invitation_open_once"),
        ]
