"""The licence text that a person reads, generated from the terms. A version of the text never changes once a licence was sold with it."""

from dataclasses import dataclass

from licensing.canonical import digest
from licensing.terms import Terms
from licensing.texts import UnknownLanguage, deed_1_en, deed_1_fr, deed_2_en, deed_2_fr, words
from licensing.texts.deed import Deed

# The version of the text in which terms are told today, by their own version: a text says what the terms of its time can say.
TEXT_VERSION = {1: 1, 2: 2}
_DEEDS: dict[tuple[int, str], Deed] = {
    (1, "en"): deed_1_en.DEED,
    (1, "fr"): deed_1_fr.DEED,
    (2, "en"): deed_2_en.DEED,
    (2, "fr"): deed_2_fr.DEED,
}

__all__ = [
    "TEXT_VERSION",
    "Document",
    "NumberedClause",
    "UnknownLanguage",
    "accepted_document",
    "licence_document",
    "licence_text",
    "summary",
    "text_hash",
]


@dataclass(frozen=True)
class NumberedClause:
    number: int
    field: str | None  # the field of the terms it says, which a verdict's clause names
    heading: str
    text: str


@dataclass(frozen=True)
class Document:
    """The licence text in its parts, for a page; `str()` of it is the text that is hashed."""

    language: str
    version: int
    title: str
    head: str
    clauses: tuple[NumberedClause, ...]

    def __str__(self) -> str:
        paragraphs = [f"{clause.number}. {_heading(clause)}\n{clause.text}" for clause in self.clauses]
        return "\n\n".join([f"{self.title}\n{self.head}", *paragraphs]) + "\n"

    @property
    def hash(self) -> str:
        return digest(str(self).encode())


def _heading(clause: NumberedClause) -> str:
    return f"{clause.heading} [{clause.field}]" if clause.field else clause.heading


def licence_document(terms: Terms, language: str, version: int | None = None) -> Document:
    version = TEXT_VERSION[terms.version] if version is None else version
    deed = _deed(language, version)
    clauses = (
        NumberedClause(number, clause.field, clause.heading, clause.say(terms)) for number, clause in enumerate(deed.clauses, start=1)
    )
    return Document(language, version, deed.title(terms), deed.head(terms, version), tuple(clauses))


def licence_text(terms: Terms, language: str) -> str:
    """Plain text of today's version, one line a paragraph. The same terms always give the same text, to the byte."""
    return str(licence_document(terms, language))


def text_hash(terms: Terms, language: str) -> str:
    """What is recorded when somebody accepts: the digest of the UTF-8 text in the language that they read."""
    return licence_document(terms, language).hash


def accepted_document(terms: Terms, accepted: str) -> Document | None:
    """The text that somebody accepted, in its language and version, found by the recorded hash; None where it is none of ours."""
    texts = (licence_document(terms, language, version) for version, language in _DEEDS)
    return next((text for text in texts if text.hash == accepted), None)


def summary(terms: Terms, language: str) -> tuple[list[str], list[str]]:
    """(what one may, what one may not), in short phrases. It is no part of the licence and may be worded anew."""
    return _deed(language, TEXT_VERSION[terms.version]).summary(terms)


def _deed(language: str, version: int) -> Deed:
    words(language)  # refuses an unknown language by name
    return _DEEDS[version, language]
