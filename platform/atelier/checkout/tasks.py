"""What happens to payments outside requests, on queue io."""

from uuid import UUID

from celery import shared_task

from atelier.kit import outbox

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


@shared_task(name="checkout.reconcile")
def reconcile() -> list[dict[str, object]]:
    """Compares the provider's books with ours. Returns what neither explains: nothing, ever."""
    return reconciliation.reconcile()
