"""One training on the whole stack with a warm base: what the platform adds to it."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import redis

from frontend.bench.arms import Figure
from tests.drills.ground import Ground

# As many as `make demo` takes unless told.
STEPS = 200
TIMES = 3
PATIENCE = 300.0
SECOND = 1000.0
OVER = ("done", "cancelled", "failed_user", "failed_system", "rejected", "withdrawn")


def measure(var: Path, *, quick: bool) -> Iterator[Figure]:
    with Ground(var, workers=1) as ground:
        _trained(ground)  # the engine and the base are warm from here on
        yield from _added([_trained(ground) for _ in range(1 if quick else TIMES)])


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
    until(lambda: ground.bob.get(f"/trainings/{training}")["state"] in OVER)
    told: Any = broker.xrange(f"training:{UUID(training.partition('_')[2])}:events")
    events = [(int(at.split(b"-")[0]) / SECOND, json.loads(fields[b"json"])) for at, fields in told]
    first = next(at for at, event in events if event.get("event") == "step")
    last = next(at for at, event in reversed(events) if event.get("event") == "done")
    over = next(at for at, event in events if event.get("final"))
    return Times(first - clicked, over - last, over - clicked)


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > end:
            raise SystemExit("bench: what was waited for does not come")
        time.sleep(0.1)
