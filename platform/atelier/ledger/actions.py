"""post(): the only way anything is counted."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from atelier.kit.refused import Refused

from .models import Account, Posting, Side, Transaction


@dataclass(frozen=True)
class Move:
    """`amount` leaves `source` (debit) and reaches `target` (credit). Both count the same unit."""

    source: Account
    target: Account
    amount: int


def account(kind: str, unit: str, owner: UUID | None = None) -> Account:
    """The account of that kind, owner and unit; opened on first use."""
    return Account.objects.get_or_create(kind=kind, owner=owner, unit=unit)[0]


@transaction.atomic
def post(*, kind: str, key: str, subject: str, moves: Sequence[Move]) -> Transaction:
    """Posts the moves as one transaction. The same key again returns the first one unchanged.

    Zero moves are left out. Raises Refused("balance_short") when an account that may not be negative would be; ValueError for
    a negative amount, a mixed unit, nothing to post, or a key that stands for other moves: those are bugs.
    """
    wanted = [move for move in moves if move.amount]
    if not wanted or any(move.amount < 0 or move.source.unit != move.target.unit for move in wanted):
        raise ValueError(f"nothing sensible to post: {moves}")
    try:
        with transaction.atomic():
            done = Transaction.objects.create(kind=kind, key=key, subject=subject)
    except IntegrityError:
        return _same(Transaction.objects.get(key=key), wanted)
    legs = [leg for move in wanted for leg in _legs(done, move)]
    # Accounts are always touched in the same order, so that two transactions cannot wait for each other.
    legs.sort(key=lambda leg: leg.account_id)
    try:
        with transaction.atomic():
            Posting.objects.bulk_create(legs)
    except IntegrityError as error:
        if "account_floor" in str(error):
            raise Refused("balance_short", "There is not enough left on this account.") from error
        raise
    return done


def _same(done: Transaction, wanted: Sequence[Move]) -> Transaction:
    asked = sorted((leg.account_id, leg.side, leg.amount) for move in wanted for leg in _legs(done, move))
    if asked != sorted(done.postings.values_list("account_id", "side", "amount")):
        raise ValueError(f"{done.key} was posted with other moves than {wanted}")
    return done


def _legs(done: Transaction, move: Move) -> tuple[Posting, Posting]:
    return (
        Posting(transaction=done, account=move.source, side=Side.DEBIT, amount=move.amount),
        Posting(transaction=done, account=move.target, side=Side.CREDIT, amount=move.amount),
    )
