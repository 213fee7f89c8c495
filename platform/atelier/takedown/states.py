"""Where a notice stands."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from atelier.kit.states import Machine


class CaseState(TextChoices):
    RECEIVED = "received", _("received")
    IN_REVIEW = "in_review", _("in review")
    ASKED = "asked", _("waiting for an answer")
    UPHELD = "upheld", _("upheld")
    REJECTED = "rejected", _("rejected")
    APPEALED = "appealed", _("appealed")


CASE = Machine.of(
    CaseState,
    {
        CaseState.RECEIVED: {CaseState.IN_REVIEW, CaseState.UPHELD, CaseState.REJECTED},
        CaseState.IN_REVIEW: {CaseState.ASKED, CaseState.UPHELD, CaseState.REJECTED},
        CaseState.ASKED: {CaseState.IN_REVIEW, CaseState.UPHELD, CaseState.REJECTED},
        CaseState.UPHELD: {CaseState.APPEALED},
        CaseState.REJECTED: {CaseState.APPEALED},
        CaseState.APPEALED: {CaseState.IN_REVIEW, CaseState.UPHELD, CaseState.REJECTED},
    },
)
DECIDED = (CaseState.UPHELD, CaseState.REJECTED)
