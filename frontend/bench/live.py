"""What the living parts of the pages hold over time: a step on the page, a restarted server, the memory that a large upload takes."""

import json
import re
import statistics
import time
from collections.abc import Collection, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil
from playwright.sync_api import Browser, Page, expect

from atelier.demo import creator
from atelier.demo.wire import until
from frontend.bench.arms import Figure
from tests.browser.town import Town
from tests.browser.window import LOCALES

STEPS, QUICK_STEPS = 150, 30
RESTART_STEPS = 500  # so many that the training outlasts the restart
LARGEST = 2 << 30  # bytes: what one file may have
QUICK_LARGEST = 128 << 20
MB = 1_000_000
STEPS_WITHIN, UPLOAD_WITHIN = 300_000, 900_000  # ms
SETTLED = 3000  # ms after the end in which the page hears of it
LOOK = 0.25  # seconds between two looks at the browser's memory
ENDED = re.compile(r"done|failed|cancelled|rejected")

# When the page showed which step, by the page's own clock, which is this machine's.
WATCH = """(() => {
    const shown = window.shownByBench = [];
    const look = () => {
        const place = document.querySelector("[data-now=step]");
        const step = place && Number(place.textContent.replace(/\\D/g, ""));
        if (step && (!shown.length || shown.at(-1)[1] < step)) shown.push([Date.now(), step]);
    };
    new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true});
})()"""


ARMS = ("steps", "restart", "upload")


def measure(town: Town, running: Browser, drawn: Path, arms: Collection[str], *, quick: bool) -> Iterator[Figure]:
    if "steps" in arms:
        yield from _steps(town, running, QUICK_STEPS if quick else STEPS)
    if "restart" in arms:
        yield from _restart(town, running, RESTART_STEPS)
    if "upload" in arms:
        yield from _upload(town, running, drawn, QUICK_LARGEST if quick else LARGEST)


def _steps(town: Town, running: Browser, steps: int) -> Iterator[Figure]:
    """From the engine's step to the page that shows it, or a later one."""
    training, page = _run(town, running, steps)
    told = _told(town, training)
    page.wait_for_timeout(SETTLED)
    shown: list[tuple[float, int]] = page.evaluate("() => window.shownByBench")
    page.context.close()
    waits = [min((at for at, step in shown if step >= number), default=float("inf")) - when for number, when in told.items()]
    seen = sorted(wait for wait in waits if wait != float("inf"))
    yield Figure("an event on the page, 95th percentile", 1000, "ms", seen[int(len(seen) * 0.95)], len(seen))
    yield Figure("an event on the page, median", 1000, "ms", statistics.median(seen), len(seen))


def _restart(town: Town, running: Browser, steps: int) -> Iterator[Figure]:
    """From the server's readiness after a restart to the first new step on a page that was open all the while, untouched."""
    training, page = _run(town, running, steps)
    expect(page.locator("[data-now=step]")).to_have_text(re.compile(r"^[1-9]"), timeout=STEPS_WITHIN)
    town.stack.restart("web")
    ready = time.time() * 1000
    page.wait_for_timeout(8000)
    shown: list[tuple[float, int]] = page.evaluate("() => window.shownByBench")
    told = _told(town, training)
    page.context.close()
    resumed = min((at for at, _ in shown if at > ready), default=float("inf"))
    yield Figure("the run page goes on after a restart of the server", 5, "s", (resumed - ready) / 1000, 1)
    yield Figure("steps lost by the restart", 0, "", float(len(set(range(1, steps + 1)) - set(told))), 1)


def _run(town: Town, running: Browser, steps: int) -> tuple[str, Page]:
    """A training that has been started, and its page, watched."""
    bob, ids = town.people["bob"], town.ids
    offered = creator.quote(bob, ids["licence"], ids["dataset"], ids["project"], creator.Wish(steps, "neonstyle", []))
    training = str(bob.post("/trainings", {"quote": offered["id"]})["id"])
    page = running.new_context(storage_state=town.state("bob"), locale=LOCALES["en"]).new_page()
    page.add_init_script(WATCH)
    page.goto(f"{town.web}/en/trainings/{training}")
    return training, page


def _told(town: Town, training: str) -> dict[int, float]:
    """Every step of the training and when the engine told it, in ms of this machine's clock; read when all is over."""
    bob = town.people["bob"]
    until(lambda: ENDED.search(bob.get(f"/trainings/{training}")["state"]), within=STEPS_WITHIN / 1000, late="The training does not end.")
    found: dict[int, float] = {}
    with bob.http.stream("GET", f"/api/v1/trainings/{training}/events") as stream:
        for line in stream.iter_lines():
            event: dict[str, Any] = json.loads(line[6:]) if line.startswith("data: ") else {}
            if event.get("event") == "step":
                found.setdefault(event["step"], datetime.fromisoformat(event["at"]).timestamp() * 1000)
    return found


def _upload(town: Town, running: Browser, drawn: Path, size: int) -> Iterator[Figure]:
    """The largest file that is taken, from a disk that holds none of it: what counts is what the browser keeps."""
    large = drawn / "large.mp4"
    with large.open("wb") as file:
        file.write(b"\0\0\0\x18ftypisom")
        file.truncate(size)
    dataset = str(town.people["bob"].post("/datasets", {"name": "Large"})["id"])
    page = running.new_context(storage_state=town.state("bob"), locale=LOCALES["en"]).new_page()
    page.goto(f"{town.web}/en/datasets/{dataset}")
    before, most, began = _memory(), 0, time.monotonic()
    page.locator("input[type=file]").first.set_input_files(large)
    expect(page.locator("[data-list] > li")).not_to_have_count(0)
    while page.locator("[data-list] > li").count() and time.monotonic() - began < UPLOAD_WITHIN / 1000:
        most = max(most, _memory())
        page.wait_for_timeout(LOOK * 1000)
    arrived = [asset["state"] for asset in town.people["bob"].all(f"/datasets/{dataset}/assets")]
    page.context.close()
    if not arrived or arrived[0] == "uploading":
        raise SystemExit("bench: the large file did not arrive")
    yield Figure(f"the browser's growth over an upload of {size >> 20} MiB", 150, "MB", (most - before) / MB, 1)


def _memory() -> int:
    """Proportional memory of the browser's processes, which are ours, in bytes."""
    found = 0
    for process in psutil.Process().children(recursive=True):
        try:
            if "chrom" in process.name():
                found += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return found
