"""What is happening to a training, as a Valkey stream: a reader that comes back with the last id it saw misses nothing."""

import json
import re
import time
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import close_old_connections, transaction

from .models import Training
from .states import OPEN

KEPT_EVENTS = 5000
KEPT_SECONDS = 7 * 24 * 3600
HEARTBEAT_SECONDS = 15
LONGEST_SECONDS = 600


def key(training: UUID) -> str:
    return f"training:{training}:events"


@cache
def _client() -> redis.Redis:
    return redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=2, socket_connect_timeout=2)


def position(last_event_id: str) -> str:
    """Where to read on: the stream id that the reader last saw, or the beginning when she names none (or nonsense)."""
    return last_event_id if re.fullmatch(r"\d{1,20}-\d{1,20}", last_event_id) else "0"


def tell(training: UUID, event: dict[str, Any]) -> bool:
    """Adds the event. Says whether it was kept: watching is a comfort, so a broker that is away must not stop a training."""
    try:
        with _client().pipeline() as pipe:
            pipe.xadd(key(training), {"json": json.dumps(event)}, maxlen=KEPT_EVENTS, approximate=True)
            pipe.expire(key(training), KEPT_SECONDS)
            pipe.execute()
    except (redis.RedisError, OSError, ValueError):  # the client raises ValueError when a connection breaks while it is being made
        return False
    return True


def tell_state(row: Training) -> None:
    """Tells the row's state once the transaction stands."""
    event = {"event": "state", "state": str(row.state), "code": row.code, "sentence": row.sentence, "final": row.state not in OPEN}
    transaction.on_commit(lambda: tell(row.pk, event))


@dataclass(frozen=True)
class Told:
    """One event of the stream; `text` is its JSON as it was told."""

    id: str
    text: str

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.text)
        return found


async def batches(training: UUID, after: str, block: float = HEARTBEAT_SECONDS) -> AsyncGenerator[list[Told], None]:
    """What is told after `after`, as it comes; an empty batch after `block` seconds of silence. Ends after ten minutes."""
    end = time.monotonic() + LONGEST_SECONDS
    # The client gives up on a silent socket after 5 seconds unless told; a blocking read is silent for as long as we let it.
    client = redis.asyncio.Redis.from_url(settings.VALKEY_URL, socket_timeout=block + 5)
    try:
        while time.monotonic() < end:
            got: Any = await client.xread({key(training): after}, count=200, block=round(block * 1000))
            told = [Told(event_id.decode(), fields[b"json"].decode()) for event_id, fields in got[0][1]] if got else []
            after = told[-1].id if told else after
            yield told
    finally:
        await client.aclose()


async def follow(training: UUID, after: str = "0") -> AsyncIterator[bytes]:
    """The events after `after` as server-sent events; comments keep the line open; ends after a final state or ten minutes."""
    # The request's own database connection would otherwise stay open for as long as the stream.
    await sync_to_async(close_old_connections)()
    async with aclosing(batches(training, after)) as stream:
        async for batch in stream:
            if not batch:
                yield b": still here\n\n"
            for told in batch:
                yield f"id: {told.id}\ndata: {told.text}\n\n".encode()
                if told.event.get("final"):
                    return


def newest(training: UUID) -> str:
    """The id of the last event; "0" when there is none, or the broker is away."""
    try:
        rows: Any = _client().xrevrange(key(training), count=1)
    except (redis.ConnectionError, redis.TimeoutError):
        return "0"
    return rows[0][0].decode() if rows else "0"
