"""Servers that end by themselves are started again, as an init system would: at once the first time, later after a pause."""

import time
from collections import defaultdict
from collections.abc import Callable
from typing import Protocol

from atelier.devstack.errors import StackError
from atelier.devstack.process import Process

PAUSES = (0.0, 1.0, 2.0, 4.0)
MOST, WITHIN = 5, 60.0


class Servers(Protocol):
    def dead(self) -> list[Process]: ...

    def launch(self, name: str) -> None: ...

    def tell(self, name: str, event: str) -> None: ...


class Supervisor:
    """`look` is to be called every now and then, from the thread that holds the stack."""

    def __init__(self, servers: Servers, clock: Callable[[], float] = time.monotonic) -> None:
        self._servers, self._clock = servers, clock
        self._deaths: dict[str, list[float]] = defaultdict(list)
        self._due: dict[str, float] = {}

    def look(self) -> None:
        """Starts what has ended by itself. Raises StackError, with the log's last lines, when one ends again and again."""
        for process in self._servers.dead():
            if process.name not in self._due:
                self._notice(process)
            if self._due[process.name] <= self._clock():
                del self._due[process.name]
                self._servers.launch(process.name)

    def _notice(self, process: Process) -> None:
        name, now = process.name, self._clock()
        deaths = self._deaths[name] = [at for at in self._deaths[name] if now - at < WITHIN] + [now]
        if len(deaths) >= MOST:
            raise StackError(
                f"{name} ended with code {process.poll()}, {MOST} times within {WITHIN:.0f} s, so everything is stopped; "
                f"its last lines:\n{process.last_lines()}"
            )
        pause = PAUSES[len(deaths) - 1]
        self._due[name] = now + pause
        when = f"in {pause:.0f} s" if pause else "now"
        self._servers.tell(name, f"ended with code {process.poll()} by itself; started again {when}")
