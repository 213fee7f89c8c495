"""What is happening to a training, on the terminal: one line that changes; in a pipe: a line now and then."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TextIO

import httpx

from atelier.demo.trouble import Trouble

CLEAR = "\r\033[K"
WIDTH = 110
SHARES = 10
RECONNECTS = 30
PAUSE = 1.0
# What the states and the engine's phases say to a person; nothing where the other of the two says it.
STATES = {
    "queued": "waiting for a worker",
    "preflight": "a worker fetches base and clips",
    "running": "",
    "finishing": "storing the files",
    "done": "",
}
PHASES = {
    "preflight": "checking that the run fits into memory",
    "load": "loading the base",
    "encode": "encoding clips and captions",
    "validate": "measuring the loss on clips held out",
    "train": "training",
    "preview": "drawing previews",
    "export": "writing the model in every layout",
    "verify": "loading each file back",
}


class Line:
    """The one line of a terminal that changes. A pipe gets none of it."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.out, self.live = out, out.isatty()

    def write(self, words: str) -> None:
        if self.live:
            self.out.write(CLEAR + f"  {words}"[:WIDTH])
            self.out.flush()

    def close(self) -> None:
        self.write("")


class Show:
    """Turns the events of a training into words."""

    def __init__(self, out: TextIO = sys.stdout) -> None:
        self.out, self.line = out, Line(out)
        self.share = -1

    def __call__(self, event: dict[str, Any]) -> None:
        words = sentence(event)
        if not words:
            return
        if self.line.live:
            self.line.write(words)
        elif event["event"] != "step" or self._due(event):
            print(f"  {words}", file=self.out, flush=True)

    def _due(self, event: dict[str, Any]) -> bool:
        share = SHARES * event["step"] // event["steps"]
        due, self.share = share > self.share, max(share, self.share)
        return due

    def close(self) -> None:
        self.line.close()


def sentence(event: dict[str, Any]) -> str:
    """Empty for an event that is nothing to a person."""
    match event["event"]:
        case "state":
            return STATES.get(event["state"], f"{event['state']}: {event.get('sentence', '')}")
        case "phase" if "clip" not in event:
            return PHASES.get(event["name"], event["name"])
        case "step":
            left = (event["steps"] - event["step"]) * event["seconds_per_step"]
            return f"step {event['step']} of {event['steps']} · loss {event['loss']:.4f} · about {left:.0f} s of training left"
        case "validation":
            return f"held-out loss {event['loss']:.4f} at step {event['step']}"
        case "checkpoint":
            return f"checkpoint at step {event['step']}, {event.get('captured', 0)} training seconds charged"
        case "preview":
            return f"preview of the {event['which']} model: {event['prompt']}"
    return ""


def follow(http: httpx.Client, url: str, show: Callable[[dict[str, Any]], None], *, over: Callable[[], bool]) -> None:
    """Reads the events until the final one. After a broken line it goes on behind the last event that it saw.

    An event may be lost, the training's row may not: whenever nothing comes, `over` is asked whether there is anything to wait for.
    """
    last, broken = "", 0
    while broken < RECONNECTS:
        try:
            for seen, event in _events(http, url, last):
                if event is not None:
                    last, broken = seen, 0
                    show(event)
                if event.get("final") if event else over():
                    return
        except httpx.TransportError:
            time.sleep(PAUSE)
        broken += 1
        if over():
            return
    raise Trouble("The live events broke off too often.", "events_lost")


def _events(http: httpx.Client, url: str, after: str) -> Iterator[tuple[str, dict[str, Any] | None]]:
    """Ids and events of one connection; None for a sign of life. Silence for longer than those is a broken line."""
    headers = {"Last-Event-ID": after} if after else {}
    with http.stream("GET", url, headers=headers, timeout=httpx.Timeout(60, connect=5)) as response:
        if not response.is_success:
            raise Trouble(f"The live events answered {response.status_code}.", f"http_{response.status_code}")
        event_id = after
        for line in response.iter_lines():
            field, _, value = line.partition(": ")
            if field == "id":
                event_id = value
            elif field == "data":
                yield event_id, json.loads(value)
            elif line.startswith(":"):
                yield event_id, None
