"""One training on the whole stack with a warm base: what the platform adds to it; and event streams held open beside the web's latency."""

import asyncio
import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psutil
import redis

from frontend.bench.arms import Figure
from tests.drills.ground import Ground

# As many as `make demo` takes unless told.
STEPS = 200
TIMES = 3
STREAMS, TOGETHER = 400, 20
ASKS = 60
PATIENCE = 300.0
SECOND = 1000.0
OVER = ("done", "cancelled", "failed_user", "failed_system", "rejected", "withdrawn")


def measure(var: Path, *, quick: bool) -> Iterator[Figure]:
    with Ground(var, workers=1) as ground:
        _trained(ground)  # the engine and the base are warm from here on
        yield from _added([_trained(ground) for _ in range(1 if quick else TIMES)])


def streams(var: Path, *, quick: bool) -> Iterator[Figure]:
    with Ground(var, workers=1) as ground:
        yield from _streams(ground)


@dataclass(frozen=True)
class Times:
    """Seconds: from the click to the first step, from the engine's last word to the model, and in all."""

    before: float
    after: float
    whole: float


def _added(runs: list[Times]) -> Iterator[Figure]:
    before, after, whole = (statistics.median(getattr(each, name) for each in runs) for name in ("before", "after", "whole"))
    told = f"click to first step {before:.2f} s, last word to download {after:.2f} s"
    yield Figure(f"what the platform adds to {STEPS} steps ({told})", 0.05 * whole, "s", before + after, len(runs))


def _trained(ground: Ground) -> Times:
    quote, broker = ground.quote(STEPS), redis.Redis.from_url(ground.stack.env["VALKEY_URL"])
    clicked = time.time()
    training = str(ground.bob.post("/trainings", {"quote": quote})["id"])
    _until(lambda: ground.bob.get(f"/trainings/{training}")["state"] in OVER)
    told: Any = broker.xrange(f"training:{UUID(training.partition('_')[2])}:events")
    events = [(int(at.split(b"-")[0]) / SECOND, json.loads(fields[b"json"])) for at, fields in told]
    first = next(at for at, event in events if event.get("event") == "step")
    last = next(at for at, event in reversed(events) if event.get("event") == "done")
    over = next(at for at, event in events if event.get("final"))
    return Times(first - clicked, over - last, over - clicked)


def _streams(ground: Ground) -> Iterator[Figure]:
    training = ground.start(STEPS * 50)
    ground.bob.post(f"/trainings/{training}/pause")
    _until(lambda: ground.bob.get(f"/trainings/{training}")["state"] == "paused")
    workers = [
        process
        for process in psutil.Process(ground.stack.pid("web")).children(recursive=True)
        if "spawn_main" in " ".join(process.cmdline())
    ]
    idle, before = _latency(ground), sum(process.memory_info().rss for process in workers)
    held, busy, after = asyncio.run(
        _held(ground, training, lambda: (_latency(ground), sum(process.memory_info().rss for process in workers)))
    )
    per = STREAMS // max(1, len(workers))
    yield Figure(f"event streams refused of {STREAMS}, {per} in each web process", 0, "", STREAMS - held, STREAMS)
    yield Figure("memory of an event stream", 256, "kB", (after - before) / STREAMS / 1000, STREAMS)
    yield Figure(f"an answer beside {STREAMS} streams, beside none", 1.5 * idle, "ms", busy, ASKS)


async def _held(ground: Ground, training: str, meanwhile: Callable[[], tuple[float, int]]) -> tuple[int, float, int]:
    """Opens the streams and looks while they are open. Returns how many answered."""
    at_once = asyncio.Semaphore(TOGETHER)
    opened = await asyncio.gather(*(_open(ground, training, at_once) for _ in range(STREAMS)), return_exceptions=True)
    writers = [each for each in opened if isinstance(each, asyncio.StreamWriter)]
    try:
        busy, after = await asyncio.to_thread(meanwhile)
    finally:
        for writer in writers:
            writer.close()
    return len(writers), busy, after


async def _open(ground: Ground, training: str, at_once: asyncio.Semaphore) -> asyncio.StreamWriter:
    """People come one after the other: so many at a time."""
    async with at_once:
        return await _opened(ground, training)


async def _opened(ground: Ground, training: str) -> asyncio.StreamWriter:
    where = urlsplit(ground.stack.url("web"))
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    token = ground.bob.http.headers["Authorization"]
    asked = f"GET /api/v1/trainings/{training}/events HTTP/1.1\r\nHost: {where.netloc}\r\nAuthorization: {token}\r\n\r\n"
    writer.write(asked.encode())
    async with asyncio.timeout(60):
        status = await reader.readline()
        if b" 200 " not in status:
            raise ConnectionRefusedError(status)
        while b"data:" not in await reader.readline():  # the first event: the stream is really there
            continue
    return writer


def _latency(ground: Ground) -> float:
    """Of an answer that asks the database, in milliseconds."""

    def once() -> float:
        began = time.perf_counter()
        ground.bob.get("/projects")
        return (time.perf_counter() - began) * SECOND

    once()
    return statistics.median(once() for _ in range(ASKS))


def _until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            raise SystemExit("bench: what was waited for does not come")
        time.sleep(0.1)
