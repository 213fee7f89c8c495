"""What a deed came to, told on the page that follows it."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib import messages
from django.http import HttpRequest

from .refused import Refused


@contextmanager
def telling(request: HttpRequest, done: str = "") -> Iterator[None]:
    """A refusal inside is told as a warning, and what went well as `done`. What is not there stays a 404."""
    try:
        yield
    except Refused as refused:
        if refused.status == 404:
            raise
        messages.warning(request, refused.told())
    else:
        if done:
            messages.success(request, done)
