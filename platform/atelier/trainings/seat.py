"""The one engine process of this worker, and whether the worker is to leave."""

import threading

from django.conf import settings

from .engine import Engine

# Set by SIGTERM, and by an operator who may take it back.
draining, asked_to_drain = threading.Event(), threading.Event()
_slot: list[Engine] = []
_starting = threading.Lock()


def leaving() -> bool:
    return draining.is_set() or asked_to_drain.is_set()


def engine() -> Engine:
    """The slot's engine process, started when there is none."""
    with _starting:
        if not _slot or not _slot[0].alive:
            _slot[:] = [Engine(settings.ENGINE_DIR / "engine.log")]
        return _slot[0]


def there() -> Engine | None:
    """The engine process, if there is one."""
    return next(iter(_slot), None)


def kill_engine() -> None:
    for process in _slot:
        process.kill()
    _slot.clear()
