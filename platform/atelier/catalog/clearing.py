"""Whether the titles that a matter is of are cleared. The apps above know which titles those are: each looks among the ids for its own."""

from collections.abc import Callable, Collection
from uuid import UUID

Teller = Callable[[Collection[UUID]], list[str]]
TELLERS: list[Teller] = []


def tells(teller: Teller) -> Teller:
    """Registers what names the titles that are not cleared, each with its clips, of whatever it knows among these ids."""
    TELLERS.append(teller)
    return teller


def uncleared(items: Collection[UUID]) -> tuple[str, ...]:
    return tuple(sorted({said for teller in TELLERS for said in teller(items)})) if items else ()
