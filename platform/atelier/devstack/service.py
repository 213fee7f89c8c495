import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from atelier.devstack.process import Process


@dataclass(frozen=True)
class Service:
    """How one server is started, known to be ready, and stopped."""

    name: str
    argv: tuple[str, ...]
    ready: Callable[[Process], None]  # raises while it is not
    env: Mapping[str, str] = field(default_factory=dict)
    stop: signal.Signals = signal.SIGTERM
    grace: float = 10
    start_within: float = 120  # seconds; a busy machine needs many of them


class NotReady(Exception):
    pass
