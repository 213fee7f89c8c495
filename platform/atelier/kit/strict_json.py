"""JSON from strangers that every reader takes for the same thing."""

import json
from typing import Any


def loads(text: str | bytes) -> Any:
    """As json.loads; raises ValueError also where a name stands twice in one object, or a number is NaN or infinite."""
    return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) != len(pairs):
        raise ValueError("a name stands twice")
    return dict(pairs)


def _no_constant(word: str) -> Any:
    raise ValueError(f"{word} is no JSON")
