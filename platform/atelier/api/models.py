"""The stored answers of idempotent requests; webhooks, and what was sent to them."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.kit.models import Row


class IdempotentAnswer(models.Model):
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    key = models.CharField(max_length=255)
    fingerprint = models.CharField(max_length=64)
    created_at = models.DateTimeField(db_default=Now())
    status = models.PositiveSmallIntegerField(null=True)
    body = models.JSONField(null=True, encoder=DjangoJSONEncoder)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="idempotency_key_once")]

    def __str__(self) -> str:
        return self.key


class Hook(Row):
    """An address that is told what happens to its owner's trainings. Its secret is derived (hooks.secret), so no table holds it."""

    prefix = "hok"
    owner = models.ForeignKey(User, on_delete=models.CASCADE, related_name="hooks")
    url = models.CharField(max_length=500)
    failing_since = models.DateTimeField(null=True, help_text="Since the first delivery that failed after the last that arrived.")
    off_at = models.DateTimeField(null=True, help_text="When it was switched off, because nothing arrived for days.")

    class Meta:
        ordering = ["pk"]

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q(owner=person)


class Delivery(Row):
    """One event for one address. Its id is the `webhook-id`, the same at every attempt."""

    prefix = "msg"
    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=60)
    facts = models.JSONField(encoder=DjangoJSONEncoder)
    attempts = models.PositiveSmallIntegerField(default=0)
    code = models.PositiveSmallIntegerField(null=True, help_text="What the last attempt was answered with; none: no answer.")
    problem = models.CharField(max_length=40, blank=True, help_text="Why there was no answer.")
    tried_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField(null=True, help_text="When it is tried again.")
    arrived_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-pk"]
