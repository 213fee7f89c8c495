"""How one revision of terms differs from another, field by field, in the words of the licence text."""

from dataclasses import dataclass

from licensing.terms import Terms
from licensing.text import TEXT_VERSION, licence_document


@dataclass(frozen=True)
class Change:
    """`before` and `after` are the clause's text in each; where a field matters only under another, they may read the same."""

    field: str
    heading: str
    before: str
    after: str


def differences(before: Terms, after: Terms, language: str) -> list[Change]:
    """The fields whose value differs, in the order of the licence text. Both are told in the newer one's text."""
    version = max(TEXT_VERSION[before.version], TEXT_VERSION[after.version])
    old, new = (licence_document(terms, language, version).clauses for terms in (before, after))
    return [
        Change(clause.field, clause.heading, was.text, clause.text)
        for was, clause in zip(old, new, strict=True)
        if clause.field is not None and getattr(before, clause.field) != getattr(after, clause.field)
    ]
