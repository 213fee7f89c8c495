"""What a person who is seen or heard has agreed to: which uses, for how long, and who spoke for her. Shaped by California's AB 2602 (a
use that is not described in reasonable detail is not agreed to, nor one for which nobody represented her) and AB 1836 (an estate agrees
for seventy years)."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class Representation(models.TextChoices):
    COUNSEL = "counsel", _("Their own counsel, who negotiated it")
    UNION = "union", _("A union, whose agreement speaks of digital replicas")
    NONE = "none", _("Nobody")


class Scope(models.Model):
    uses = models.TextField(help_text="What was agreed to, in words that say which uses.")
    representation = models.CharField(max_length=10, choices=Representation.choices)
    begins_on = models.DateField(null=True, help_text="Empty: from the start.")
    ends_on = models.DateField(null=True, help_text="The last day; empty: without end.")
    deceased = models.BooleanField(default=False)
    estate = models.CharField(max_length=200, blank=True, help_text="Who holds the rights of somebody who has died.")
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def holds_on(self, day: date) -> bool:
        return self.withdrawn_at is None and (self.begins_on or day) <= day <= (self.ends_on or day)


def constraints(prefix: str) -> list[models.CheckConstraint]:
    """What must hold of each row, under names that begin so."""
    return [
        models.CheckConstraint(condition=Q(representation__in=Representation.values), name=f"{prefix}_representation_known"),
        models.CheckConstraint(
            condition=Q(begins_on=None) | Q(ends_on=None) | Q(ends_on__gte=F("begins_on")), name=f"{prefix}_ends_after_it_begins"
        ),
        models.CheckConstraint(condition=Q(deceased=False) | ~Q(estate=""), name=f"{prefix}_estate_of_the_dead"),
    ]
