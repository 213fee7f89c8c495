"""Kept answers and webhooks go with the account. The answers repeat what their caller was told; the webhooks are exported."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import erases, exports, facts
from atelier.accounts.models import User

from .models import Hook, IdempotentAnswer


@exports("webhooks")
def webhooks(person: User) -> Iterator[dict[str, Any]]:
    """Addresses, and what was sent to them; the secrets are hers already."""
    for row in Hook.objects.filter(owner=person).prefetch_related("deliveries").order_by("pk"):
        sent = [facts(each, "kind", "facts", "attempts", "code", "problem", "arrived_at") for each in row.deliveries.all()]
        yield {**facts(row, "url", "failing_since", "off_at"), "deliveries": sent}


@erases
def answers(person: User) -> None:
    IdempotentAnswer.objects.filter(user=person).delete()
    Hook.objects.filter(owner=person).delete()
