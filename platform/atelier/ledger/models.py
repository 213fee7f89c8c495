"""Double entry. Migration 0001 adds what the database itself promises: transactions sum to zero per unit, postings are never edited."""

from django.db import models
from django.db.models import F, Q

from atelier.kit.models import Row


class Unit(models.TextChoices):
    EUR = "EUR"
    USD = "USD"
    SECONDS = "SEC", "training seconds"


class Kind(models.TextChoices):
    """What an account stands for. Balances are credits minus debits: what the account's owner has coming."""

    PAYMENTS = "payments", "the payment provider (money that came in is debited here)"
    FEES = "fees", "payment fees"
    PLATFORM = "platform", "the platform's share"
    STUDIO = "studio", "a studio's share, one account per title"
    REFUNDS = "refunds", "fees that a refund does not bring back"
    ISSUED = "issued", "training seconds given out with licences"
    ALLOWANCE = "allowance", "a licence's training seconds, free to use"
    HELD = "held", "a training's seconds on hold"
    SPENT = "spent", "a training's seconds captured"


NEVER_NEGATIVE = (Kind.ALLOWANCE, Kind.HELD, Kind.SPENT)


class Account(Row):
    prefix = "acc"
    kind = models.CharField(max_length=12, choices=Kind.choices)
    owner = models.UUIDField(null=True, help_text="Licence, training or title; none for the platform's own accounts.")
    unit = models.CharField(max_length=3, choices=Unit.choices)
    balance = models.BigIntegerField(default=0, help_text="Kept by a trigger on postings; nobody else writes it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "owner", "unit"], nulls_distinct=False, name="account_once"),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="account_kind_known"),
            models.CheckConstraint(condition=Q(unit__in=Unit.values), name="account_unit_known"),
            models.CheckConstraint(condition=~Q(kind__in=[k.value for k in NEVER_NEGATIVE]) | Q(balance__gte=0), name="account_floor"),
        ]


class Transaction(Row):
    prefix = "txn"
    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120, unique=True, help_text="Idempotency key: the same deed is posted once.")
    subject = models.CharField(max_length=80, help_text="Public id of what the transaction is about.")


class Side(models.TextChoices):
    DEBIT = "debit"
    CREDIT = "credit"


class Posting(models.Model):
    id = models.BigAutoField(primary_key=True)
    transaction = models.ForeignKey(Transaction, on_delete=models.PROTECT, related_name="postings")
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="postings")
    side = models.CharField(max_length=6, choices=Side.choices)
    amount = models.BigIntegerField(help_text="Minor units of money, or seconds; always positive.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="posting_positive"),
            models.CheckConstraint(condition=Q(side__in=Side.values), name="posting_side_known"),
        ]
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.side} {self.amount}"


def signed(path: str = "") -> models.Case:
    """A posting's amount as balances count it, reached over `path` (as in `postings__`)."""
    return models.Case(models.When(**{f"{path}side": Side.CREDIT}, then=F(f"{path}amount")), default=-F(f"{path}amount"))
