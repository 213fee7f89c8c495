"""What the engine tells while it works: one JSON object a line, always with `event`, `job` and `at`; docs/engine.md has a table of them."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

EVENTS = ("ready", "phase", "step", "checkpoint", "validation", "preview", "memorisation", "done", "error")
PHASES = ("preflight", "load", "encode", "validate", "train", "preview", "export", "verify")


@dataclass(frozen=True)
class Event:
    """`facts` hold what this kind of event tells; numbers in them are finite."""

    event: str
    job: str
    at: str
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def line(self) -> str:
        """Ends without a newline. Refuses NaN, which JSON does not know."""
        return json.dumps({"event": self.event, "job": self.job, "at": self.at, **self.facts}, allow_nan=False, ensure_ascii=False)


Listener = Callable[[Event], None]


def event(name: str, job: str, /, **facts: Any) -> Event:
    if name not in EVENTS:
        raise ValueError(f"no such event: {name}")
    return Event(name, job, now(), facts)


def parse(line: str) -> Event:
    """The event of one line. Raises ValueError for anything that is not an event."""
    found = json.loads(line)
    if not isinstance(found, dict) or found.get("event") not in EVENTS:
        raise ValueError(f"not an event: {line[:200]!r}")
    facts = {key: value for key, value in found.items() if key not in ("event", "job", "at")}
    return Event(found["event"], str(found.get("job", "")), str(found.get("at", "")), facts)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def rounded(number: float) -> float:
    """Six significant digits: enough for a chart, short on the wire."""
    return float(f"{number:.6g}") if math.isfinite(number) else 0.0
