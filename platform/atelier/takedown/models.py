"""Notices of people who say that something here is theirs, or shows them: a case is what was said, its events are what became of it.
And takedowns: one item taken back with everything that stands on it, whose tombstones are in `licences`."""

import secrets

from django.db import models
from django.utils.translation import gettext_lazy as _

from atelier.accounts.access import studios
from atelier.accounts.models import Studio, User
from atelier.kit.models import Row

from .states import CASE, TAKEDOWN, CaseState, TakedownState

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


class Takedown(Row):
    """One item and everything that stands on it, taken back. In force once the row is there; `state` says how far the rest is."""

    prefix = "tdn"
    kind = models.CharField(max_length=20)
    item = models.UUIDField()
    studio = models.ForeignKey(Studio, null=True, on_delete=models.PROTECT, related_name="+", help_text="Whose the item is.")
    owner = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="takedowns", help_text="The notice that led to it.")
    reason = models.TextField(help_text="As it was written; whoever is hit reads it.")
    state = models.CharField(max_length=10, choices=TakedownState.choices, default=TakedownState.WORKING)
    since = models.DateTimeField(db_default=models.functions.Now(), help_text="When it came into this state.")
    lifted_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    lifted_reason = models.TextField(blank=True)

    class Meta:
        constraints = [
            TAKEDOWN.constraint("takedown_state_known"),
            models.UniqueConstraint(fields=["item"], condition=~models.Q(state="lifted"), name="takedown_standing_once"),
        ]
        ordering = ["-created_at"]

    @property
    def standing(self) -> bool:
        return self.state != TakedownState.LIFTED

    @classmethod
    def visible_to(cls, person: User) -> models.Q:
        return models.Q(studio__in=studios(person)) | models.Q(owner=person)


class Holder(models.Model):
    """Somebody whose licence, dataset, training or model a takedown reached, and whether she was told."""

    takedown = models.ForeignKey(Takedown, on_delete=models.PROTECT, related_name="holders")
    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    told_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["takedown", "person"], name="takedown_holder_once")]

    def __str__(self) -> str:
        return f"{self.person} in {self.takedown}"
