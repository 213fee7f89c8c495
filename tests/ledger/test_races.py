"""Parallel postings on committed rows: no balance is lost, none goes below zero."""

from uuid import uuid4

from atelier.kit.refused import Refused
from atelier.ledger import queries
from atelier.ledger.actions import Move, account, post
from atelier.ledger.models import Kind, Unit
from tests.threads import together
from tests.world import World


def test_of_thirty_takers_of_ten_seconds_exactly_ten_get_their_share(committed: World) -> None:
    owner, won = uuid4(), list[int]()
    issued, allowance, held = (account(kind, Unit.SECONDS, owner) for kind in (Kind.ISSUED, Kind.ALLOWANCE, Kind.HELD))
    post(kind="test", key=f"give:{owner}", subject="", moves=[Move(issued, allowance, 100)])

    def take(number: int) -> None:
        try:
            post(kind="test", key=f"take:{owner}:{number}", subject="", moves=[Move(allowance, held, 10)])
            won.append(number)
        except Refused as short:
            assert short.code == "balance_short"

    together(*(lambda number=number: take(number) for number in range(30)))
    assert len(won) == 10
    assert queries.balance(Kind.ALLOWANCE, Unit.SECONDS, owner) == 0
    assert queries.balance(Kind.HELD, Unit.SECONDS, owner) == 100
    assert not queries.astray().exists()


def test_one_deed_posted_by_many_at_once_counts_once(committed: World) -> None:
    owner = uuid4()
    issued, allowance = (account(kind, Unit.SECONDS, owner) for kind in (Kind.ISSUED, Kind.ALLOWANCE))
    move = Move(issued, allowance, 100)
    together(*(lambda: post(kind="test", key=f"once:{owner}", subject="", moves=[move]) for _ in range(12)))
    assert queries.balance(Kind.ALLOWANCE, Unit.SECONDS, owner) == 100


def test_money_going_both_ways_at_once_is_never_lost(committed: World) -> None:
    one, other = account(Kind.STUDIO, Unit.EUR, uuid4()), account(Kind.STUDIO, Unit.EUR, uuid4())

    def swing(number: int) -> None:
        pair = (one, other) if number % 2 else (other, one)
        post(kind="test", key=f"swing:{one.pk}:{number}", subject="", moves=[Move(*pair, 1 + number)])

    together(*(lambda number=number: swing(number) for number in range(20)))
    assert queries.balance(Kind.STUDIO, Unit.EUR, one.owner) == -queries.balance(Kind.STUDIO, Unit.EUR, other.owner) == -10
    assert not queries.astray().exists()
