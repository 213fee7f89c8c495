"""The shape of one version of the licence text in one language."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from licensing.terms import Terms

Say = Callable[[Terms], str]


@dataclass(frozen=True)
class Clause:
    """`field` names what a verdict's clause names; None for the closing clauses, which say what holds for all terms."""

    field: str | None
    heading: str
    say: Say


@dataclass(frozen=True)
class Deed:
    title: Say
    head: Callable[[Terms, int], str]
    clauses: Sequence[Clause]
    summary: Callable[[Terms], tuple[list[str], list[str]]]


def either(field: str, granted: str, withheld: str) -> Say:
    return lambda terms: granted if getattr(terms, field) else withheld


def if_trained(say: Say, otherwise: str) -> Say:
    """The limits of training say nothing where training is not granted."""
    return lambda terms: say(terms) if terms.may_train else otherwise


def put_behind(field: str, clauses: Sequence[Clause], *more: Clause) -> tuple[Clause, ...]:
    """The clauses of an earlier text with these behind the one on `field`."""
    at = [clause.field for clause in clauses].index(field) + 1
    return (*clauses[:at], *more, *clauses[at:])


def sorted_out(pairs: Sequence[tuple[bool, str]]) -> tuple[list[str], list[str]]:
    """(granted, sentence) pairs into what one may and what one may not."""
    return [sentence for granted, sentence in pairs if granted], [sentence for granted, sentence in pairs if not granted]
