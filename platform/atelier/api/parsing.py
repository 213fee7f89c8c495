"""JSON as clients may send it."""

from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

DEEPEST = 32


class ShallowJSONParser(JSONParser):
    """Refuses what is nested more deeply than any request needs: such a body exhausts the stack of whatever walks it."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            data = super().parse(*args, **kwargs)
        except RecursionError as error:
            raise _too_deep() from error
        if deeper(data, DEEPEST):
            raise _too_deep()
        return data


def _too_deep() -> ParseError:
    return ParseError(f"This JSON is nested more than {DEEPEST} levels deep.")


def deeper(data: Any, levels: int) -> bool:
    """Whether lists and objects stand inside each other on more than so many levels."""
    layer = [data]
    for _ in range(levels):
        layer = [child for item in layer for child in _children(item)]
    return any(isinstance(item, dict | list) for item in layer)


def _children(item: Any) -> Any:
    if isinstance(item, dict):
        return item.values()
    return item if isinstance(item, list) else ()
