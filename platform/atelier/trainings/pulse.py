"""The heartbeat of a claim: a thread of its own, so that a long upload or a slow step never costs the lease."""

import logging
import threading
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from .running import LeaseLost, Orders, beat

log = logging.getLogger(__name__)
BEAT_SECONDS = 2.0


class Pulse:
    """Beats often enough for the lease, and for a person who waits for her cancel.

    `orders` holds the last word from the database; `lost` is set once the claim is gone.
    """

    def __init__(self, training: UUID, fence: int) -> None:
        self.training, self.fence = training, fence
        self.orders = Orders()
        self.lost = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True, name="pulse")

    def __enter__(self) -> Self:
        """What was asked, or lost, while it waited is known from the start."""
        self._beat_once()
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._over.set()
        self._thread.join()

    def _beat(self) -> None:
        try:
            while not self._over.wait(min(BEAT_SECONDS, settings.TRAINING_LEASE_SECONDS / 3)):
                self._beat_once()
                if self.lost.is_set():
                    return
        finally:
            connection.close()

    def _beat_once(self) -> None:
        try:
            self.orders = beat(self.training, self.fence)
        except LeaseLost:
            self.lost.set()
        except DatabaseError:
            # A database that restarts is not a lost lease: the next beat decides, with the database's own clock.
            log.warning("heartbeat of %s failed; trying again", self.training, exc_info=True)
            connection.close()
