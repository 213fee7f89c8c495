"""What the database itself refuses, whoever asks: raw SQL past every action."""

from uuid import uuid4

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from atelier.kit.refused import Refused
from atelier.ledger import queries
from atelier.ledger.actions import Move, account, post
from atelier.ledger.models import Account, Kind, Posting, Transaction, Unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def pair(db: None) -> tuple[Account, Account]:
    """An issuing account, and an allowance with 100 seconds."""
    owner = uuid4()
    source, target = account(Kind.ISSUED, Unit.SECONDS, owner), account(Kind.ALLOWANCE, Unit.SECONDS, owner)
    post(kind="test", key=f"first:{owner}", subject="", moves=[Move(source, target, 100)])
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    return source, target


def raw(statement: str, *values: object) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def leg(owner: Account, side: str, amount: int, of: Transaction) -> None:
    raw("INSERT INTO ledger_posting (transaction_id, account_id, side, amount) VALUES (%s, %s, %s, %s)", of.pk, owner.pk, side, amount)


def test_a_transaction_that_does_not_sum_to_zero_is_refused(pair: tuple[Account, Account]) -> None:
    done = Transaction.objects.create(kind="test", key=str(uuid4()), subject="")
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        leg(pair[1], "credit", 5, done)


def test_two_units_do_not_balance_each_other(pair: tuple[Account, Account]) -> None:
    done = Transaction.objects.create(kind="test", key=str(uuid4()), subject="")
    euros = account(Kind.PLATFORM, Unit.EUR, uuid4())
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        raw(
            "INSERT INTO ledger_posting (transaction_id, account_id, side, amount) VALUES (%s, %s, 'credit', 5), (%s, %s, 'debit', 5)",
            done.pk,
            pair[1].pk,
            done.pk,
            euros.pk,
        )


def test_a_leg_added_later_to_a_finished_transaction_is_refused(pair: tuple[Account, Account]) -> None:
    with pytest.raises(IntegrityError, match="does not sum to zero"):
        leg(pair[1], "credit", 1, Transaction.objects.get(postings__account=pair[1]))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger_posting SET amount = 1",
        "DELETE FROM ledger_posting",
        "TRUNCATE ledger_posting",
        "UPDATE ledger_transaction SET kind = 'x'",
        "DELETE FROM ledger_transaction",
        "TRUNCATE ledger_transaction CASCADE",
    ],
)
def test_what_was_posted_is_never_edited(pair: tuple[Account, Account], statement: str) -> None:
    with pytest.raises(DatabaseError, match="only grows"):
        raw(statement)


@pytest.mark.parametrize(("side", "amount"), [("credit", 0), ("credit", -5), ("left", 5)])
def test_an_amount_without_a_side_or_a_sign_of_its_own_is_refused(pair: tuple[Account, Account], side: str, amount: int) -> None:
    done = Transaction.objects.create(kind="test", key=str(uuid4()), subject="")
    with pytest.raises(IntegrityError):
        leg(pair[1], side, amount, done)


def test_an_allowance_below_zero_is_refused_by_the_database(pair: tuple[Account, Account]) -> None:
    with pytest.raises(IntegrityError, match="account_floor"):
        raw("UPDATE ledger_account SET balance = -1 WHERE id = %s", pair[1].pk)


def test_more_than_there_is_cannot_be_moved(pair: tuple[Account, Account]) -> None:
    source, target = pair
    with pytest.raises(Refused, match="balance_short"):
        post(kind="test", key=str(uuid4()), subject="", moves=[Move(target, source, 101)])
    assert queries.balance(Kind.ALLOWANCE, Unit.SECONDS, target.owner) == 100
    assert not queries.unbalanced().exists()


def test_the_same_key_is_posted_once(pair: tuple[Account, Account]) -> None:
    key, (source, target) = str(uuid4()), pair
    first = post(kind="test", key=key, subject="", moves=[Move(source, target, 7)])
    assert post(kind="test", key=key, subject="", moves=[Move(source, target, 7)]) == first
    assert queries.balance(Kind.ALLOWANCE, Unit.SECONDS, target.owner) == 107


def test_a_key_does_not_stand_for_other_moves(pair: tuple[Account, Account]) -> None:
    post(kind="test", key="k-other", subject="x", moves=[Move(*pair, 5)])
    for moves in ([Move(*pair, 6)], [Move(*reversed(pair), 5)], [Move(*pair, 5), Move(*pair, 1)]):
        with pytest.raises(ValueError, match="posted with other moves"):
            post(kind="test", key="k-other", subject="x", moves=moves)
    assert Posting.objects.filter(transaction__key="k-other").count() == 2


def test_a_doubled_key_is_refused_by_the_database(pair: tuple[Account, Account]) -> None:
    key = Transaction.objects.get(postings__account=pair[1]).key
    with pytest.raises(IntegrityError, match="ledger_transaction_key"):
        raw("INSERT INTO ledger_transaction (id, kind, key, subject) VALUES (%s, 'test', %s, '')", uuid4(), key)


@pytest.mark.parametrize("amounts", [[], [0], [0, 0], [-1], [5, -5]])
def test_a_posting_of_nothing_or_less_is_a_bug(pair: tuple[Account, Account], amounts: list[int]) -> None:
    with pytest.raises(ValueError, match="nothing sensible"):
        post(kind="test", key=str(uuid4()), subject="", moves=[Move(*pair, amount) for amount in amounts])


def test_units_are_not_mixed_in_one_move(pair: tuple[Account, Account]) -> None:
    with pytest.raises(ValueError, match="nothing sensible"):
        post(kind="test", key=str(uuid4()), subject="", moves=[Move(account(Kind.PLATFORM, Unit.EUR, uuid4()), pair[1], 5)])


def test_there_is_one_account_of_each_kind_owner_and_unit(db: None) -> None:
    account(Kind.PLATFORM, Unit.EUR)
    with pytest.raises(IntegrityError, match="account_once"), transaction.atomic():
        Account.objects.create(kind=Kind.PLATFORM, unit=Unit.EUR)


def test_a_posted_balance_is_found_when_somebody_edits_it(pair: tuple[Account, Account]) -> None:
    raw("UPDATE ledger_account SET balance = 99 WHERE id = %s", pair[1].pk)
    assert list(queries.astray()) == [pair[1]]
    assert Posting.objects.filter(account=pair[1]).count() == 1
