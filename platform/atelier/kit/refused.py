"""An expected no. Rendered in one place: a page, or RFC 9457 problem+json."""

from collections.abc import Callable
from typing import Any

from django.utils.translation import get_language, gettext


class Refused(Exception):
    """An expected refusal with a stable code, a sentence that says what to do next, and an HTTP status.

    The sentence is a message of the catalogue (frontend/messages.py finds it here) and may name values of `extra`: `%(limit)s`.
    `extra` travels into the problem document (a clause, a list of clips, a field). `told_in` gives the sentence in a language when it
    comes from elsewhere, as the judge's do.
    """

    def __init__(self, code: str, sentence: str, *, status: int = 409, told_in: Callable[[str], str] | None = None, **extra: Any) -> None:
        self.code, self.status, self.extra = code, status, extra
        self.sentence = sentence if told_in else self._filled(sentence)
        self._message, self._told_in = sentence, told_in
        super().__init__(f"{code}: {self.sentence}")

    def told(self) -> str:
        """The sentence in the language of whoever reads now."""
        if self._told_in:
            return self._told_in(get_language() or "en")
        return self._filled(gettext(self._message))

    def _filled(self, message: str) -> str:
        return message % self.extra if "%(" in message else message
