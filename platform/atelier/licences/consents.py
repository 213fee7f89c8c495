"""Whether whoever can be recognised in what a matter stands on has agreed. The apps above know it: each looks among the ids for its own."""

from collections.abc import Callable, Collection
from uuid import UUID

from licensing.canonical import canonical, digest
from licensing.context import CONSENTS

Teller = Callable[[Collection[UUID]], str]
Finder = Callable[[Collection[UUID]], set[UUID]]
TELLERS: list[Teller] = []
FINDERS: list[Finder] = []
# The worst first: where several are told, it counts.
WORST = ("withdrawn", "missing", "given", "not_needed")
assert set(WORST) == set(CONSENTS)


def tells(teller: Teller) -> Teller:
    """Registers what answers one of CONSENTS for the ids among these that it knows; not_needed where it knows none."""
    TELLERS.append(teller)
    return teller


def finds(finder: Finder) -> Finder:
    """Registers what gives the consents on which whatever it knows of these ids rests."""
    FINDERS.append(finder)
    return finder


def root(items: Collection[UUID]) -> str | None:
    """The digest of all consents on which these rest, as a certificate names it; None where nobody can be recognised. Consents are never
    edited, so whoever keeps them can show which were meant."""
    found = sorted({str(each) for finder in FINDERS for each in finder(items)})
    return digest(canonical({"consents": [*found]})) if found else None


def of(items: Collection[UUID]) -> str:
    return worst([teller(items) for teller in TELLERS]) if items else "not_needed"


def worst(told: Collection[str]) -> str:
    return next((each for each in WORST if each in told), "not_needed")
