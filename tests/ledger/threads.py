"""Several deeds at the same moment."""

import threading
from collections.abc import Callable

from django.db import connection


def at_once(*deeds: Callable[[], object]) -> None:
    """Runs all at the same moment, each on a connection of its own."""
    gate = threading.Barrier(len(deeds))

    def run(deed: Callable[[], object]) -> None:
        gate.wait()
        try:
            deed()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
