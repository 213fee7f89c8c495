"""What the main pages cost on a slow phone: python frontend/bench.py --json FILE [--quick]

Each page is opened cold by somebody who is signed in where she has to be: 412x823, 1.6 Mbit/s, 150 ms, a processor four times slower.
Rounds go over all the pages; what counts is the median. `ratio` is what was measured as a share of the limit.
"""

import argparse
import json
import os
import statistics
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from playwright.sync_api import Browser, Page

from atelier.devstack import browser
from atelier.devstack.stack import Stack
from tests.browser.town import MAIN, Town

ROOT = Path(__file__).resolve().parents[1]
SCREEN = {"width": 412, "height": 823}
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}  # ms, bytes per second
SLOWER = 4
ROUNDS = 5
CALM = 1500  # ms after loading in which late shifts and long tasks are still seen
KB = 1000

# Pages whose script may weigh what an application's may.
APPLICATIONS = {"dataset", "run", "model", "studio usage"}
LIMITS = {"LCP": (1500, "ms"), "JS": (20 * KB, "bytes"), "CSS": (8 * KB, "bytes"), "CLS": (0.05, ""), "TBT": (200, "ms")}
APPLICATION_JS = 45 * KB

# Long tasks and shifts count from the first moment on, which is stricter than the usual definitions.
WATCH = """(() => {
    const seen = window.seenByBench = {LCP: 0, CLS: 0, TBT: 0};
    const watch = (type, each) => new PerformanceObserver(list => list.getEntries().forEach(each)).observe({type, buffered: true});
    watch("largest-contentful-paint", one => { seen.LCP = one.startTime });
    watch("layout-shift", one => { if (!one.hadRecentInput) seen.CLS += one.value });
    watch("longtask", one => { seen.TBT += Math.max(0, one.duration - 50) });
})()"""
READ = """() => {
    const sent = suffix => performance.getEntriesByType("resource").filter(one => new URL(one.name).pathname.endsWith(suffix))
        .reduce((sum, one) => sum + one.encodedBodySize, 0);
    return {...window.seenByBench, JS: sent(".js"), CSS: sent(".css")};
}"""


@dataclass(frozen=True)
class Arm:
    """The words that every bench of this repository uses."""

    name: str
    against: str
    ratio: float
    target: float
    better: str
    n: int
    status: str
    why: str


def measure(town: Town, running: Browser, rounds: int) -> Iterator[Arm]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in MAIN}
    for name in [*MAIN, *[name for _ in range(rounds) for name in MAIN]]:
        who, path = MAIN[name]
        found[name].append(_visit(running, town, who, path.format(**town.ids)))
    for name, visits in found.items():
        yield from _judged(name, visits[1:])  # the first of each warms the server


def _visit(running: Browser, town: Town, who: str, path: str) -> dict[str, float]:
    """A context of its own, so that nothing is in the cache."""
    context = running.new_context(
        viewport={**SCREEN}, device_scale_factor=1.75, is_mobile=True, has_touch=True, locale="fr-FR", storage_state=town.state(who)
    )
    page = context.new_page()
    _slow(page)
    page.add_init_script(WATCH)
    answer = page.goto(town.web + path, wait_until="load", timeout=60_000)
    if answer is None or answer.status != 200:
        raise SystemExit(f"bench: {path} answered {answer and answer.status}")
    page.wait_for_timeout(CALM)
    seen: dict[str, float] = page.evaluate(READ)
    context.close()
    return seen


def _slow(page: Page) -> None:
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.send("Network.emulateNetworkConditions", NETWORK)
    tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _judged(page: str, visits: list[dict[str, float]]) -> Iterator[Arm]:
    for what, (limit, unit) in LIMITS.items():
        if what == "JS" and page in APPLICATIONS:
            limit = APPLICATION_JS
        middle = statistics.median(visit[what] for visit in visits)
        ratio = float(f"{middle / limit:.3g}")
        status, why = "ok" if ratio <= 1 else "short", f"{middle:.3g} {unit}".strip()
        yield Arm(f"{page} {what}", f"{limit:g} {unit}".strip(), ratio, 1.0, "lower", len(visits), status, why)


def table(arms: list[Arm]) -> str:
    lines = [f"{arm.status:8} {arm.ratio:>9.3g}  (target 1, lower, n {arm.n})  {arm.name}: {arm.why}, limit {arm.against}" for arm in arms]
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="one visit instead of a median")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as drawn, Stack(ROOT / "var" / "bench" / "stack", fresh=True) as stack, browser.opened() as running:
        town, load = Town(stack, Path(drawn)), os.getloadavg()
        arms = list(measure(town, running, 1 if options.quick else ROUNDS))
        town.close()
        machine: dict[str, Any] = {"cores": os.cpu_count(), "browser": running.version, "load_before": load, "load_after": os.getloadavg()}
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"machine": machine, "arms": [asdict(arm) for arm in arms]}, indent=1) + "\n")
    print(table(arms))


if __name__ == "__main__":
    main(sys.argv[1:])
