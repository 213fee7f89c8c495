"""What happens to payments outside requests, on queue io."""

from uuid import UUID

from celery import shared_task

from atelier.accounts.queries import owners
from atelier.kit import outbox
from atelier.licences import mails
from licensing.money import Money

from . import actions, folding, reconciliation
from .models import Order, Refund


@outbox.handles("checkout.fold")
def fold(event: int) -> None:
    folding.fold(event=event)


@outbox.handles("checkout.follow")
def follow(order: str) -> None:
    folding.follow(order=Order(pk=UUID(order)))


@outbox.handles("checkout.send_refund")
def send_refund(refund: str) -> None:
    actions.send_refund(refund=Refund(pk=UUID(refund)))


@outbox.handles("checkout.tell_refunded")
def tell_refunded(order: str) -> None:
    """Tells the buyer what has been paid back in all. Run twice it would tell her twice, which harms nobody."""
    row = Order.objects.select_related("buyer", "revision__tier__offering").get(pk=UUID(order))
    whole = row.refunded >= row.amount
    refunded = Money(row.refunded, row.currency)
    mails.tell(row.buyer, "checkout/refunded.txt", order=row, tier=row.revision.tier, refunded=refunded, whole=whole)


@outbox.handles("checkout.tell_refund_failed")
def tell_refund_failed(order: str) -> None:
    row = Order.objects.select_related("buyer", "revision__tier__offering").get(pk=UUID(order))
    mails.tell(row.buyer, "checkout/refund_failed.txt", order=row, tier=row.revision.tier)


@outbox.handles("checkout.tell_dispute")
def tell_dispute(order: str, standing: str) -> None:
    """Tells the studio whose sale it is. Run twice it would tell them twice, which harms nobody."""
    row = Order.objects.select_related("licence", "revision__tier__offering__version__base__studio").get(pk=UUID(order))
    studio = row.revision.tier.offering.studio
    for owner in owners(studio):
        mails.tell(owner, "checkout/disputed.txt", order=row, tier=row.revision.tier, studio=studio, standing=standing)


@shared_task(name="checkout.reconcile")
def reconcile() -> list[dict[str, object]]:
    """Compares the provider's books with ours. Returns what neither explains: nothing, ever."""
    return reconciliation.reconcile()
