"""Settings that hold what `python -m licensing keys begin` writes: the text as it is, or its base64 on one line."""

from base64 import b64decode
from collections.abc import Callable
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")


def read(name: str, value: str, reader: Callable[[bytes], T]) -> T:
    """What `reader` makes of the text; ImproperlyConfigured, naming the setting and never its value, where it raises ValueError."""
    try:
        text = value.strip().encode()
        return reader(text if text[:1] in (b"-", b"{") else b64decode(text, validate=True))
    except ValueError:
        raise ImproperlyConfigured(f"{name} is not what `python -m licensing keys begin` writes.") from None
