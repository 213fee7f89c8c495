"""Several deeds at the same moment, and one beside what the test does."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection


def together(*deeds: Callable[[], Any], expecting: tuple[type[Exception], ...] = ()) -> list[Any]:
    """Does all at the same moment, each in a thread with a connection of its own. Returns what each gave, or raised of what is expected."""
    gate, results = threading.Barrier(len(deeds)), [None] * len(deeds)

    def do(index: int, deed: Callable[[], Any]) -> None:
        gate.wait()
        try:
            results[index] = deed()
        except expecting as no:
            results[index] = no
        finally:
            connection.close()

    threads = [threading.Thread(target=do, args=pair) for pair in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


@contextmanager
def meanwhile(deed: Callable[[], Any], seconds: float = 150) -> Iterator[list[Any]]:
    """Does it in a thread with a connection of its own; leaving waits until it is done. Yields what it gives."""
    given: list[Any] = []

    def do() -> None:
        try:
            given.append(deed())
        finally:
            connection.close()

    thread = threading.Thread(target=do)
    thread.start()
    yield given
    thread.join(seconds)
    assert not thread.is_alive()
