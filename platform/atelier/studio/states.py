"""Where an invitation stands. That it ran out is a date, not a state."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class InvitationState(TextChoices):
    OPEN = "open", "waiting for an answer"
    ACCEPTED = "accepted"
    WITHDRAWN = "withdrawn", "taken back by the studio"


INVITATION = Machine.of(InvitationState, {InvitationState.OPEN: {InvitationState.ACCEPTED, InvitationState.WITHDRAWN}})
