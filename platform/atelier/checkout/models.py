"""Orders, what the payment provider told us about them, refunds, and the hourly comparison."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from atelier.accounts.access import acts_as_staff
from atelier.accounts.models import User
from atelier.catalog.models import TierRevision
from atelier.kit.models import Row
from atelier.licences.models import Licence
from licensing.money import Money

from .states import ORDER, REFUND, DisputeState, OrderState, RefundState


class Order(Row):
    """One purchase of one tier revision, for the price that the revision had."""

    prefix = "ord"
    buyer = models.ForeignKey(User, on_delete=models.PROTECT, related_name="orders")
    revision = models.ForeignKey(TierRevision, on_delete=models.PROTECT, related_name="orders")
    amount = models.BigIntegerField(help_text="Minor units; the revision's price.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=OrderState.choices, default=OrderState.OPEN)
    problem = models.TextField(blank=True, help_text="Why it was put aside.")
    accepted_text = models.CharField(max_length=71, help_text="Hash of the licence text that the buyer accepted.")
    language = models.CharField(max_length=5, help_text="The language in which it was read.")
    pay_until = models.DateTimeField(help_text="When the payment page closes.")
    session_key = models.CharField(max_length=80, help_text="Idempotency key of the payment page, stored before the page is asked for.")
    session = models.CharField(max_length=120, null=True, unique=True, help_text="The provider's id of the payment page.")
    checkout_url = models.TextField(blank=True)
    payment_intent = models.CharField(max_length=120, null=True, unique=True)
    paid_at = models.DateTimeField(null=True)
    fee = models.BigIntegerField(null=True, help_text="What the provider kept; not known at once.")
    refunded = models.BigIntegerField(default=0, help_text="What the provider says it has paid back.")
    returned = models.BigIntegerField(default=0, help_text="What the ledger has taken back: refunds and lost disputes.")
    dispute = models.CharField(max_length=6, choices=DisputeState.choices, blank=True, help_text="Empty: the bank has said nothing.")
    licence = models.OneToOneField(Licence, on_delete=models.PROTECT, null=True, related_name="order")

    class Meta:
        constraints = [
            ORDER.constraint("order_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="order_amount_positive"),
            models.CheckConstraint(condition=Q(dispute__in=("", *DisputeState.values)), name="order_dispute_known"),
            models.CheckConstraint(condition=Q(refunded__gte=0, refunded__lte=F("amount")), name="order_refunded_within"),
            models.CheckConstraint(condition=Q(returned__gte=0, returned__lte=F("amount")), name="order_returned_within"),
            models.CheckConstraint(
                condition=Q(state__in=("paid", "refunded", "lost"), licence__isnull=False)
                | Q(state__in=("open", "expired", "mismatch"), licence=None),
                name="order_paid_has_licence",
            ),
        ]
        indexes = [models.Index(fields=["buyer", "revision", "state"])]

    @property
    def price(self) -> Money:
        return Money(self.amount, self.currency)

    @classmethod
    def visible_to(cls, person: User) -> Q:
        return Q() if acts_as_staff(person) else Q(buyer=person)


class PaymentEvent(models.Model):
    """The inbox: what the provider sent, as it came. Rows are only added; what was made of them is in `Folding`."""

    id = models.BigAutoField(primary_key=True)
    event = models.CharField(max_length=120, unique=True, help_text="The provider's id: the same event is taken once.")
    type = models.CharField(max_length=100)
    at = models.DateTimeField(help_text="The provider's time of the event.")
    body = models.TextField(help_text="As received. Text, not jsonb, which cannot hold everything that JSON can say.")
    digest = models.CharField(max_length=64, help_text="sha256 of the body without what changes between deliveries.")
    received_at = models.DateTimeField(db_default=Now(), editable=False)
    order = models.CharField(max_length=80, blank=True, help_text="The order id in its metadata, as claimed.")
    session = models.CharField(max_length=120, blank=True)
    payment_intent = models.CharField(max_length=120, blank=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["payment_intent"]), models.Index(fields=["order"])]

    def __str__(self) -> str:
        return f"{self.type} {self.event}"


class Folding(models.Model):
    """What was made of an event."""

    event = models.OneToOneField(PaymentEvent, on_delete=models.PROTECT, primary_key=True, related_name="folding")
    at = models.DateTimeField(db_default=Now(), editable=False)
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="foldings")
    note = models.CharField(max_length=200, blank=True, help_text="Why nothing followed from it.")

    def __str__(self) -> str:
        return f"{self.event_id} {self.note}"


class Refund(Row):
    """A refund that was asked for here. Its effect comes with the provider's event, as for one made in the provider's own console."""

    prefix = "rfd"
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="refunds")
    amount = models.BigIntegerField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=RefundState.choices, default=RefundState.ASKED)
    key = models.CharField(max_length=80, unique=True, help_text="Idempotency key, stored before the call.")
    stripe_refund = models.CharField(max_length=120, null=True, unique=True)
    problem = models.TextField(blank=True)

    class Meta:
        constraints = [
            REFUND.constraint("refund_state_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_positive"),
        ]


class Reconciliation(Row):
    """One comparison of the provider's books with ours."""

    prefix = "rec"
    since = models.DateTimeField(help_text="Events and payments from this time on were compared.")
    until = models.DateTimeField(help_text="Where the next one begins, less an hour of overlap.")
    events = models.PositiveIntegerField(help_text="Events that the provider listed.")
    fed = models.PositiveIntegerField(help_text="Those that no webhook had brought.")
    differences = models.JSONField(default=list, help_text="What neither book explains: none, ever.")
