"""What a person who waits for a page feels: beside a training at work, and beside many event streams held open."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from atelier.demo.people import API
from frontend.bench.arms import Figure
from tests.drills.ground import Ground

from .run import SECOND, STEPS, until

STREAMS = 400
ASKS, ROUNDS = 60, 5


def trainings(var: Path, *, quick: bool) -> Iterator[Figure]:
    """In turns: the same training at work, and paused."""
    with Ground(var, workers=1) as ground:
        training, idle, busy, fresh = ground.start(STEPS * 50), [], [], []
        for _ in range(ROUNDS):
            _wait(ground, training, "running")
            busy.append(_latency(ground))
            ground.bob.post(f"/trainings/{training}/pause")
            _wait(ground, training, "paused")
            idle.append(_latency(ground))
            fresh.append(_latency(ground, kept=False))
            ground.bob.post(f"/trainings/{training}/resume")
        ground.bob.post(f"/trainings/{training}/cancel")
    yield Figure(
        "an answer while a training is at work, beside none", 1.5 * statistics.median(idle), "ms", statistics.median(busy), ROUNDS * ASKS
    )
    yield Figure(
        "an answer on a kept connection, beside on one of its own", statistics.median(fresh), "ms", statistics.median(idle), ROUNDS * ASKS
    )


def streams(var: Path, *, quick: bool) -> Iterator[Figure]:
    with Ground(var, workers=1) as ground:
        yield from _streams(ground)


def _wait(ground: Ground, training: str, state: str) -> None:
    until(lambda: ground.bob.get(f"/trainings/{training}")["state"] == state)


def _streams(ground: Ground) -> Iterator[Figure]:
    training = ground.start(STEPS * 50)
    ground.bob.post(f"/trainings/{training}/pause")
    _wait(ground, training, "paused")
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
    """Opens the streams, all in one instant, and looks while they are open. Returns how many answered."""
    opened = await asyncio.gather(*(_open(ground, training) for _ in range(STREAMS)), return_exceptions=True)
    writers = [each for each in opened if isinstance(each, asyncio.StreamWriter)]
    try:
        busy, after = await asyncio.to_thread(meanwhile)
    finally:
        for writer in writers:
            writer.close()
    return len(writers), busy, after


async def _open(ground: Ground, training: str) -> asyncio.StreamWriter:
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


def _latency(ground: Ground, *, kept: bool = True) -> float:
    """Of an answer that asks the database, in milliseconds."""
    headers = {} if kept else {"Connection": "close"}

    def once() -> float:
        began = time.perf_counter()
        ground.bob.http.get(f"{API}/projects", headers=headers).raise_for_status()
        return (time.perf_counter() - began) * SECOND

    once()
    return statistics.median(once() for _ in range(ASKS))
