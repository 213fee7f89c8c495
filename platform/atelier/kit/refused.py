"""An expected no. Rendered in one place: a page, or RFC 9457 problem+json."""

from typing import Any


class Refused(Exception):
    """An expected refusal with a stable code, a sentence that says what to do next, and an HTTP status.

    `extra` travels into the problem document (a clause, a list of clips, a field).
    """

    def __init__(self, code: str, sentence: str, *, status: int = 409, **extra: Any) -> None:
        super().__init__(f"{code}: {sentence}")
        self.code, self.sentence, self.status, self.extra = code, sentence, status, extra
