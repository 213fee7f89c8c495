"""What is happening to a training, as a Valkey stream: a reader that comes back with the last id it saw misses nothing."""

import json
import re
import time
from collections.abc import AsyncIterator
from functools import cache
from typing import Any
from uuid import UUID

import redis
import redis.asyncio
from django.conf import settings
from django.db import transaction

from .models import Training
from .states import TRAINING

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
    except (redis.ConnectionError, redis.TimeoutError):
        return False
    return True


def tell_state(row: Training) -> None:
    """Tells the row's state once the transaction stands."""
    event = {"event": "state", "state": str(row.state), "code": row.code, "sentence": row.sentence, "final": TRAINING.final(row.state)}
    transaction.on_commit(lambda: tell(row.pk, event))


async def follow(training: UUID, after: str = "0") -> AsyncIterator[bytes]:
    """The events after `after` as server-sent events; comments keep the line open; ends after a final state or ten minutes."""
    end = time.monotonic() + LONGEST_SECONDS
    # The client gives up on a silent socket after 5 seconds unless told; a blocking read is silent for as long as we let it.
    client = redis.asyncio.Redis.from_url(settings.VALKEY_URL, socket_timeout=HEARTBEAT_SECONDS + 5)
    try:
        while time.monotonic() < end:
            got: Any = await client.xread({key(training): after}, count=200, block=HEARTBEAT_SECONDS * 1000)
            if not got:
                yield b": still here\n\n"
                continue
            for event_id, fields in got[0][1]:
                after, told = event_id.decode(), fields[b"json"].decode()
                yield f"id: {after}\ndata: {told}\n\n".encode()
                if json.loads(told).get("final"):
                    return
    finally:
        await client.aclose()
