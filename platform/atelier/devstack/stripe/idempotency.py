from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from atelier.devstack.stripe.errors import StripeError, invalid

LONGEST = 255


@dataclass(frozen=True)
class Answer:
    status: int
    body: Mapping[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)
    settled: bool = True  # something happened, or could have: worth remembering


@dataclass(frozen=True)
class _Entry:
    request: tuple[str, ...]
    answer: Answer | None = None  # None while the first request is being worked on


class Keys:
    """Stripe's rules: the first answer is given again to the same request; another request under the same key is an error, and so is
    one that comes while the first is being worked on. What was refused before anything happened is not remembered."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry] = {}

    def begin(self, key: str, *request: str) -> Answer | None:
        """The answer to repeat, or None when this request is the first; then call finish()."""
        if len(key) > LONGEST:
            raise invalid(f"An idempotency key has at most {LONGEST} characters.")
        entry = self._entries.get(key)
        if entry is None:
            self._entries[key] = _Entry(request)
            return None
        if entry.request != request:
            raise StripeError(400, "idempotency_error", f"The key '{key}' was first used with another endpoint or other parameters.")
        if entry.answer is None:
            raise StripeError(409, "idempotency_error", f"A request with the key '{key}' is in progress.", code="idempotency_key_in_use")
        return replace(entry.answer, headers={**entry.answer.headers, "Idempotent-Replayed": "true"})

    def finish(self, key: str, answer: Answer | None) -> None:
        entry = self._entries.pop(key)
        if answer and answer.settled:
            self._entries[key] = replace(entry, answer=answer)
