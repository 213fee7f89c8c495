"""Where a notice stands, and where a takedown does."""

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


class TakedownState(TextChoices):
    WORKING = "working", _("in force; what follows from it is being done")
    DONE = "done", _("in force; everything is done")
    LIFTED = "lifted", _("lifted")


TAKEDOWN = Machine.of(
    TakedownState,
    {
        TakedownState.WORKING: {TakedownState.DONE, TakedownState.LIFTED},
        TakedownState.DONE: {TakedownState.LIFTED},
    },
)
