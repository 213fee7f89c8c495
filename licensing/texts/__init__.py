"""What the rules say to people, in each language they speak."""

from licensing.texts import en, fr
from licensing.texts.words import Words

LANGUAGES: dict[str, Words] = {"en": en.WORDS, "fr": fr.WORDS}


class UnknownLanguage(ValueError):
    """The rules are not written in this language."""


def words(language: str) -> Words:
    if language not in LANGUAGES:
        raise UnknownLanguage(f"The rules are written in {', '.join(LANGUAGES)}, not in {language!r}.")
    return LANGUAGES[language]
