"""The way of claims into one pass of the engine: it opens once, for all that are there by then."""

import threading
import time
from collections.abc import Callable
from uuid import UUID

from . import seat
from .engine import Engine, EngineDied, Order

LOOK_SECONDS = 0.5
# The first waits no longer than this for those that were to come along.
LATE_SECONDS = 10.0


class Late(Exception):
    """The pass has begun without it."""


class Door:
    """Opens when nobody is on the way any more; without those who come later than LATE_SECONDS after the first, if need be."""

    def __init__(self, first: UUID, *others: UUID) -> None:
        self._first, self._coming = first, {first, *others}
        self._here: dict[UUID, Order] = {}
        self._changed = threading.Condition()
        self._until: float | None = None
        self._engine: Engine | None = None
        self._death: EngineDied | None = None

    def enter(self, who: UUID, order: Order, heed: Callable[[], None]) -> Engine:
        """Waits until it opens. Returns the engine, which has the order. `heed` may raise meanwhile, and then it stays outside.

        Raises Late, and EngineDied when there is no engine.
        """
        with self._changed:
            if self._opened:
                raise Late
            self._here[who] = order
            self._came(who)
            self._wait(who, heed)
            if self._death or self._engine is None:
                raise EngineDied(str(self._death))
            return self._engine

    def pass_by(self, who: UUID) -> None:
        """It does not come, or is behind the door already."""
        with self._changed:
            self._came(who)

    @property
    def _opened(self) -> bool:
        return bool(self._engine or self._death)

    def _came(self, who: UUID) -> None:
        self._coming.discard(who)
        if who == self._first and self._until is None:
            self._until = time.monotonic() + LATE_SECONDS
        self._changed.notify_all()

    def _wait(self, who: UUID, heed: Callable[[], None]) -> None:
        try:
            while not self._opened:
                if not self._coming or (self._until is not None and time.monotonic() >= self._until):
                    self._open()
                    return
                self._changed.wait(LOOK_SECONDS)
                if not self._opened:
                    heed()
        except BaseException:
            self._here.pop(who, None)
            raise

    def _open(self) -> None:
        try:
            engine = seat.engine()
            engine.run(list(self._here.values()))
            self._engine = engine
        except EngineDied as death:
            self._death = death
        self._changed.notify_all()
