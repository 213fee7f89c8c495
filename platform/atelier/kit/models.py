"""What every table shares, and the outbox."""

from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now

from . import ids


class Row(models.Model):
    """A table row with a UUIDv7 key, shown to people as `<prefix>_<hex>`."""

    prefix: ClassVar[str]
    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True

    @property
    def public_id(self) -> str:
        return ids.public(self.prefix, self.id)

    @classmethod
    def parse_id(cls, text: str) -> UUID:
        return ids.parse(cls.prefix, text)

    def __str__(self) -> str:
        return self.public_id


class Message(models.Model):
    """Something that must follow a transaction: written inside it, done at least once after it."""

    id = models.UUIDField(primary_key=True, default=ids.uuid7, editable=False)
    name = models.CharField(max_length=80)
    args = models.JSONField()
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    attempts = models.PositiveSmallIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["due_at"], condition=models.Q(done_at=None, failed_at=None), name="outbox_open")]

    def __str__(self) -> str:
        return f"{self.name} {self.id}"
