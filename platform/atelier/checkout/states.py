"""Where an order stands."""

from django.db.models import TextChoices

from atelier.kit.states import Machine


class OrderState(TextChoices):
    OPEN = "open", "waiting for the payment"
    PAID = "paid"
    EXPIRED = "expired", "the payment page was left without paying"
    REFUNDED = "refunded", "paid back in full"
    LOST = "lost", "a dispute was lost"
    MISMATCH = "mismatch", "put aside: what was paid is not what was ordered"


# A payment can still arrive for a page that we took for expired, and what a bank sent back be disputed, so those edges exist.
ORDER = Machine.of(
    OrderState,
    {
        OrderState.OPEN: {OrderState.PAID, OrderState.EXPIRED, OrderState.MISMATCH},
        OrderState.EXPIRED: {OrderState.PAID, OrderState.MISMATCH},
        OrderState.PAID: {OrderState.REFUNDED, OrderState.LOST},
        OrderState.LOST: {OrderState.REFUNDED},
        OrderState.REFUNDED: {OrderState.LOST},
    },
)


class DisputeState(TextChoices):
    """What the buyer's bank says of the payment. It follows from all events about it (folding), so there is no table of moves."""

    OPEN = "open", "the bank has taken the payment back until it decides"
    WON = "won", "the payment stands"
    LOST = "lost", "the bank keeps the payment"


class RefundState(TextChoices):
    ASKED = "asked", "on its way to the payment provider"
    SENT = "sent", "taken on by the payment provider"
    FAILED = "failed", "refused by the payment provider, or sent back by the buyer's bank"


# A bank can send a refund back days after the provider took it on.
REFUND = Machine.of(
    RefundState,
    {RefundState.ASKED: {RefundState.SENT, RefundState.FAILED}, RefundState.SENT: {RefundState.FAILED}},
)
