"""What weights learned from, in numbers and dates: asked when a version is opened, and told in its disclosures. Nothing here is guessed:
what nobody has recorded is told as not recorded."""

from django.db import models
from django.db.models import F, Q


class Learned(models.Model):
    data_points = models.PositiveBigIntegerField(null=True, help_text="Clips and stills that it learned from.")
    hours = models.FloatField(null=True, help_text="Of moving pictures.")
    collected_from = models.DateField(null=True, help_text="When the material was gathered.")
    collected_until = models.DateField(null=True, help_text="Empty where gathering goes on.")
    first_used_on = models.DateField(null=True, help_text="When the material was first used in development.")
    synthetic = models.BooleanField(null=True, help_text="Whether material that a model had made was among it.")
    published_at = models.DateTimeField(null=True)

    class Meta:
        abstract = True


# As they are given when a version is opened.
GIVEN = ("data_points", "hours", "collected_from", "collected_until", "first_used_on", "synthetic")


def constraints(prefix: str) -> list[models.CheckConstraint]:
    whole = Q(collected_from=None) | Q(collected_until=None) | Q(collected_until__gte=F("collected_from"))
    return [models.CheckConstraint(condition=whole, name=f"{prefix}_gathered_in_order")]
