"""The audit log: rows that are only added (migration 0001 lets the database refuse anything else)."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Now


class Entry(models.Model):
    """Who did what, to what, under which title and licence. People appear by opaque id only."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField(db_default=Now(), editable=False)
    studio = models.UUIDField(null=True, help_text="The studio whose log this belongs to; none for what concerns no studio.")
    actor = models.UUIDField(null=True, help_text="The person's opaque id; none for the platform itself.")
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=80, help_text="Public id of what was acted upon.")
    titles = ArrayField(models.CharField(max_length=80), default=list, help_text="Public ids of the titles concerned.")
    licence = models.CharField(max_length=80, blank=True)
    detail = models.JSONField(default=dict)

    class Meta:
        ordering = ["-id"]
        indexes = [
            *(models.Index(fields=[whose, "-id"]) for whose in ("studio", "actor", "licence")),
            GinIndex(fields=["titles"], name="audit_entry_titles"),
        ]
        verbose_name_plural = "entries"

    def __str__(self) -> str:
        return f"{self.id} {self.action} {self.subject}"
