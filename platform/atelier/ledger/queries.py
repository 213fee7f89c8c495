"""Balances, read from the accounts; and the check that they are what the postings say."""

from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.db.models.functions import Coalesce

from .models import Account, Posting, signed


def balance(kind: str, unit: str, owner: UUID | None = None) -> int:
    return Account.objects.filter(kind=kind, unit=unit, owner=owner).values_list("balance", flat=True).first() or 0


def astray() -> QuerySet[Account]:
    """Accounts whose balance differs from the sum of their postings: none, ever."""
    return Account.objects.annotate(summed=Coalesce(Sum(signed("postings__")), 0)).exclude(balance=F("summed"))


def unbalanced() -> QuerySet[Posting, Any]:
    """Transactions whose legs do not sum to zero per unit: none, ever."""
    return Posting.objects.values("transaction", "account__unit").annotate(total=Sum(signed())).exclude(total=0)
