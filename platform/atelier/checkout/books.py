"""The ledger postings of a sale, and of what is paid back of it."""

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Sum

from atelier.ledger.actions import Move, account, post
from atelier.ledger.models import Account, Kind, Posting, signed
from licensing.money import Money

from .models import Order
from .split import Split, divide, give_back

DISPUTE_FEE = "dispute_fee"


def post_sale(order: Order) -> None:
    """Fee, platform's share, studio's share by title. The provider's fee must be known."""
    split = _split(order)
    payments = account(Kind.PAYMENTS, order.currency)
    targets = [account(Kind.FEES, order.currency), account(Kind.PLATFORM, order.currency), *_studio_accounts(order)]
    moves = [_move(payments, target, part) for target, part in zip(targets, split.parts, strict=True)]
    post(kind="sale", key=f"sale:{order.id}", subject=order.public_id, moves=moves)


def post_returns(order: Order, lost: int) -> None:
    """Posts what refunds and lost disputes have taken back since the last time. Its fee the provider keeps: that part is our cost."""
    total = min(order.amount, order.refunded + lost)
    if order.fee is None or total <= order.returned:
        return
    split = _split(order)
    before, now = (give_back(split, Money(returned, order.currency)) for returned in (order.returned, total))
    payments = account(Kind.PAYMENTS, order.currency)
    sources = [account(Kind.REFUNDS, order.currency), account(Kind.PLATFORM, order.currency), *_studio_accounts(order)]
    steps = [new - old for new, old in zip(now.parts, before.parts, strict=True)]
    moves = [_move(source, payments, step) for source, step in zip(sources, steps, strict=True)]
    post(kind="return", key=f"return:{order.id}:{total}", subject=order.public_id, moves=moves)
    order.returned = total
    order.save(update_fields=["returned"])


def post_dispute_fees(order: Order, fees: Mapping[str, int]) -> None:
    """What the provider takes for each dispute, or gives back after it: the platform's cost, of which a studio's share knows nothing."""
    platform, kept = account(Kind.PLATFORM, order.currency), account(Kind.FEES, order.currency)
    for dispute, fee in fees.items():
        posted = Posting.objects.filter(account=kept, transaction__kind=DISPUTE_FEE, transaction__subject=dispute)
        before = posted.aggregate(total=Sum(signed()))["total"] or 0
        if fee != before:
            key = f"{DISPUTE_FEE}:{dispute}:{posted.count()}"
            post(kind=DISPUTE_FEE, key=key, subject=dispute, moves=[_move(platform, kept, fee - before)])


def _move(source: Account, target: Account, amount: int) -> Move:
    """A part can be negative (a sale below its fee; a remainder that falls to another part): then the money goes the other way."""
    return Move(source, target, amount) if amount >= 0 else Move(target, source, -amount)


def _split(order: Order) -> Split:
    return divide(order.price, order.fee or 0, len(_owners(order)))


def _studio_accounts(order: Order) -> list[Account]:
    return [account(Kind.STUDIO, order.currency, owner) for owner in _owners(order)]


def _owners(order: Order) -> list[UUID]:
    """The titles that share the studio's part, evenly; the studio itself where the base learned from no title."""
    offering = order.revision.tier.offering
    return sorted(title.pk for title in offering.titles) or [offering.studio_id]
