"""Several deeds at the same moment."""

import threading
from collections.abc import Callable
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
