"""The workers that are there: each says every few seconds what it is at, and hears whether it is to drain.

Kept in the broker, because it is a matter of seconds: a worker that is silent for LOST_SECONDS is gone. Claims and leases know nothing of
it; a broker that is away hides the workers and stops none of them.
"""

import json
import os
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, fields
from functools import cache
from typing import Any, Self

import redis
from django.conf import settings

SAY_SECONDS = 3.0
LOST_SECONDS = 15
KNOWN, KEY, DRAIN = "workers", "workers:slot:", "workers:drain:"
AWAY = (redis.ConnectionError, redis.TimeoutError)


@dataclass(frozen=True)
class Slot:
    """One worker and its engine. `memory`: bytes of the engine process; `speed`: steps a second, of the trainings at hand together.

    `beside`: what shares the pass of `training`. `idle`: seconds for which it has had none, by its own clock; 0 while it has one.
    `families` that it knows (none: all), and `room`: bytes that a training may take there (0: any).
    """

    worker: str
    since: float
    said: float
    training: str = ""
    step: int = 0
    speed: float = 0.0
    engine: int = 0
    device: str = ""
    memory: int = 0
    draining: bool = False
    idle: float = 0.0
    families: tuple[str, ...] = ()
    room: int = 0
    beside: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str | bytes) -> Self:
        """Of what a worker said, be it of an older or a newer make."""
        said = json.loads(text)
        known = {field.name: said[field.name] for field in fields(cls) if field.name in said}
        return cls(**known | {name: tuple(said.get(name, ())) for name in ("families", "beside")})


def name() -> str:
    return f"{socket.gethostname()}:{os.getpid()}"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=2, socket_connect_timeout=2)


def say(slot: Slot) -> bool:
    """Says that it is there. Returns whether it is asked to drain."""
    with _client().pipeline() as pipe:
        pipe.sadd(KNOWN, slot.worker)
        pipe.set(KEY + slot.worker, json.dumps(asdict(slot)), ex=LOST_SECONDS)
        pipe.exists(DRAIN + slot.worker)
        said: list[Any] = pipe.execute()
    return bool(said[-1])


def leave(worker: str) -> None:
    with _client().pipeline() as pipe:
        pipe.srem(KNOWN, worker)
        pipe.delete(KEY + worker, DRAIN + worker)
        pipe.execute()


def seen() -> list[Slot]:
    """Those that gave a sign of life within LOST_SECONDS; none while the broker is away."""
    try:
        known: list[str] = sorted(name.decode() for name in _client().smembers(KNOWN))  # type: ignore[union-attr]
        texts: Any = _client().mget([KEY + name for name in known]) if known else []
        if gone := [name for name, text in zip(known, texts, strict=True) if text is None]:
            _client().srem(KNOWN, *gone)
    except AWAY:
        return []
    return [Slot.of(text) for text in texts if text]


def drain(worker: str, is_to: bool = True) -> None:
    """It takes nothing new and hands over at a checkpoint what it has, until it is told otherwise or starts anew."""
    if is_to:
        _client().set(DRAIN + worker, 1)
    else:
        _client().delete(DRAIN + worker)


class Speed:
    """Steps a second, over the last few seconds."""

    def __init__(self) -> None:
        self._at, self._step, self.value = time.monotonic(), 0, 0.0

    def reached(self, step: int) -> None:
        now = time.monotonic()
        if step < self._step or not step:
            self._at, self._step, self.value = now, step, 0.0
        elif now - self._at >= SAY_SECONDS:
            self.value = (step - self._step) / (now - self._at)
            self._at, self._step = now, step


def resident(pid: int) -> int:
    """Bytes of memory that the process holds; 0 when it is gone."""
    try:
        with open(f"/proc/{pid}/statm", encoding="ascii") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


class Presence:
    """Says every few seconds what this worker is at, from a thread of its own. `asked` is set while it is to drain."""

    def __init__(self, look: Callable[[], Slot], asked: threading.Event) -> None:
        self._look, self._asked = look, asked
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True, name="presence")
        self._thread.start()

    def _run(self) -> None:
        while True:
            with suppress(*AWAY):  # it is seen again once the broker is back
                asked = say(self._look())
                (self._asked.set if asked else self._asked.clear)()
            if self._over.wait(SAY_SECONDS):
                return

    def end(self) -> None:
        """It is not seen any more."""
        self._over.set()
        self._thread.join()
        with suppress(*AWAY):
            leave(name())
