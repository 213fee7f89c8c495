"""Notices of people who say that something here is theirs, or shows them. A case is what was said; its events are what became of it."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from atelier.accounts.models import Studio
from atelier.kit.models import Row

from .states import CASE, CaseState

# Without I, L, O, 0 and 1, which people read wrongly over the telephone.
SIGNS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


def new_number() -> str:
    """N-7K3F-9QXM: says nothing of how many cases there are."""
    half = ["".join(secrets.choice(SIGNS) for _ in range(4)) for _ in range(2)]
    return f"N-{half[0]}-{half[1]}"


class Matter(models.TextChoices):
    WORK = "work", _("A work whose rights I hold or represent")
    PERSON = "person", _("A person: a face, a voice, a likeness")
    DATA = "data", _("Personal data")
    OTHER = "other", _("Something else")


class Capacity(models.TextChoices):
    SELF = "self", _("For myself: the rights are mine, or it is me who is shown")
    COMPANY = "company", _("For the company that holds the rights")
    AGENT = "agent", _("As agent, lawyer or collecting society")
    FAMILY = "family", _("As parent, guardian or heir")


class Case(Row):
    """What the claimant said, never edited; only `state`, `since` and `confirmed_at` move. `subject` is what we recognised in `where`."""

    prefix = "tkd"
    number = models.CharField(max_length=11, unique=True, default=new_number, editable=False)
    state = models.CharField(max_length=10, choices=CaseState.choices, default=CaseState.RECEIVED)
    since = models.DateTimeField(db_default=models.functions.Now(), help_text="When it came into this state.")
    matter = models.CharField(max_length=10, choices=Matter.choices)
    work = models.CharField(max_length=300, help_text="The work, title or person.")
    where = models.CharField(max_length=500, blank=True, help_text="Address or id of what is complained about, as typed.")
    subject = models.CharField(max_length=40, blank=True, help_text="Public id of the offering, tier, base version or model meant.")
    studio = models.ForeignKey(Studio, null=True, on_delete=models.PROTECT, related_name="+", help_text="Whose it is, where that is known.")
    account = models.TextField(help_text="What is wrong, in the claimant's words.")
    name = models.CharField(max_length=200)
    capacity = models.CharField(max_length=10, choices=Capacity.choices)
    organisation = models.CharField(max_length=200, blank=True)
    email = models.EmailField(max_length=254)
    language = models.CharField(max_length=5)
    statement = models.TextField(help_text="The good-faith statement as it was shown and ticked.")
    signature = models.CharField(max_length=200)
    confirmed_at = models.DateTimeField(null=True, help_text="When the address was confirmed by the link in the receipt.")

    class Meta:
        constraints = [CASE.constraint("case_state_known")]
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.number


class Kind(models.TextChoices):
    FILED = "filed", _("The notice arrived.")
    CONFIRMED = "confirmed", _("The e-mail address was confirmed.")
    REVIEW = "in_review", _("Somebody of our staff took it up.")
    ASKED = "asked", _("Our staff has a question.")
    ANSWERED = "answered", _("The question was answered.")
    UPHELD = "upheld", _("The notice was upheld.")
    REJECTED = "rejected", _("The notice was rejected.")
    APPEALED = "appealed", _("The decision was appealed against.")


class Event(Row):
    """Something that happened to a case. Rows are only added (migration 0002)."""

    prefix = "evt"
    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    actor = models.UUIDField(null=True, help_text="The member of staff; empty for the claimant.")
    words = models.TextField(blank=True, help_text="A reason, a question or an answer, as it was written.")

    class Meta:
        ordering = ["id"]
