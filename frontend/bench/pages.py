"""What the main pages cost on a slow phone.

Each page is opened cold by somebody who is signed in where she has to be: 412x823, 1.6 Mbit/s, 150 ms, a processor four times slower.
Rounds go over all the pages; what counts is the median.
"""

import statistics
from collections.abc import Collection, Iterator

from playwright.sync_api import Browser, Page

from frontend.bench.arms import Figure
from tests.browser.town import MAIN, Town

SCREEN = {"width": 412, "height": 823}
NETWORK = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 93_750}  # ms, bytes per second
SLOWER = 4
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


def measure(town: Town, running: Browser, arms: Collection[str], rounds: int) -> Iterator[Figure]:
    wanted = [name for name in MAIN if name in arms]
    found: dict[str, list[dict[str, float]]] = {name: [] for name in wanted}
    for name in wanted * (1 + rounds):
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


def _judged(page: str, visits: list[dict[str, float]]) -> Iterator[Figure]:
    for what, (limit, unit) in LIMITS.items():
        if what == "JS" and page in APPLICATIONS:
            limit = APPLICATION_JS
        yield Figure(f"{page} {what}", limit, unit, statistics.median(visit[what] for visit in visits), len(visits))
