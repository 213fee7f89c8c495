"""One effective training per paid job: many jobs, each of at least three checkpoints, under kills in every state.

All of them wait before the first worker comes, so that every one meets the faults. A fault is played for every so many jobs that are
over, so that faults and work keep pace on a fast machine and on a slow one; and not before what the last one hit could be taken up
again. Passes are narrow: jobs that share one are over all at once, and hit all at once.
"""

import random
import time
from collections import Counter

from .faults import EVERY, Fault
from .ground import Ground
from .scrape import Scraped, Scraper
from .told import Outcome

JOBS, FAULTS = 400, 200
QUICK_JOBS, QUICK_FAULTS = 8, 6
# Outlast the faults on a machine with nothing else to do, where jobs of six steps were over after 103 of them.
STEPS, QUICK_STEPS = 10, 6
# Three attempts may all be hit: rare, free of charge, and not the rule.
MOST_FAILED = 0.05
# Faults that found nobody in the state that they were aimed at.
MOST_MISSED, QUICK_MISSED = 0.05, 0.5
# Between two faults, so that what one hit is at work again for the next.
APART, QUICK_APART = 2.0, 0.0
# Long enough for a victim to come into the state that a fault is aimed at.
AIM_SECONDS = 20.0
LONGEST, QUICK_LONGEST = 5400.0, 240.0
LOOK = 0.05
OVER = ("done", "failed_system")


def play(ground: Ground, *, quick: bool) -> Outcome:
    jobs, faults = (QUICK_JOBS, QUICK_FAULTS) if quick else (JOBS, FAULTS)
    began = time.monotonic()
    ground.leave()
    for _ in range(jobs):
        ground.start(QUICK_STEPS if quick else STEPS)
    scraper = Scraper(ground)
    scraper.start()
    ground.come_back()
    until = time.monotonic() + (QUICK_LONGEST if quick else LONGEST)
    played = _torment(ground, jobs, _chosen(faults), QUICK_APART if quick else APART, until)
    seconds, scraped = time.monotonic() - began, scraper.end()
    ground.django()
    from .accounts import problems  # the rows can be read from here on

    states = ground.states()
    found = [*problems(), *_short(states, jobs, faults - sum(played.values()), quick=quick), *_unlike(ground, scraped)]
    ((retried,),) = ground.rows("SELECT count(*) FROM trainings_training WHERE attempts > 1")
    told = ", ".join(f"{name} {count}" for name, count in sorted(played.items()))
    figure = f"{jobs} jobs, {sum(played.values())} faults in {seconds:.0f} s ({told}): {states}, {retried} taken up again; {_seen(scraped)}"
    return Outcome(figure, found, scraped.samples)


def _short(states: dict[str, int], jobs: int, missed: int, *, quick: bool) -> list[str]:
    """`missed`: faults that found nobody to harm."""
    found = []
    if sum(states.values()) != jobs:
        found.append(f"{jobs} were acknowledged, {sum(states.values())} are there")
    if missed > (QUICK_FAULTS * QUICK_MISSED if quick else FAULTS * MOST_MISSED):
        found.append(f"{missed} faults found nobody to harm")
    if (failed := states.get("failed_system", 0)) > jobs * MOST_FAILED:
        found.append(f"{failed} of {jobs} jobs ended without a model")
    return found


def _seen(scraped: Scraped) -> str:
    waits, width = scraped.most("atelier_queue_oldest_seconds"), scraped.most("atelier_pass_width")
    return (
        f"{len(scraped.samples)} scrapes ({scraped.unanswered} unanswered): queue at most {scraped.most('atelier_queue_length'):.0f}, "
        f"longest wait {waits:.0f} s, {scraped.last('atelier_claims_total'):.0f} claims, "
        f"{scraped.last('atelier_leases_lost_total'):.0f} leases lost, {width:.0f} trainings at work at most"
    )


def _unlike(ground: Ground, scraped: Scraped) -> list[str]:
    """What the metrics said at the end, beside the rows."""
    ((claims, lost),) = ground.rows("SELECT count(*), count(*) FILTER (WHERE outcome = 'lease_lost') FROM trainings_attempt")
    rows = {"atelier_claims_total": claims, "atelier_leases_lost_total": lost, "atelier_queue_length": 0, "atelier_outbox_failed": 0}
    wrong = {name: count for name, count in rows.items() if scraped.last(name) != count}
    return [f"{name} was {scraped.last(name):.0f} at the end, and is {count}" for name, count in wrong.items()]


def _chosen(count: int) -> list[tuple[Fault, str]]:
    """Every fault in every state about equally often; the same at every drill."""
    rng, pool = random.Random(count), list(EVERY)
    rng.shuffle(pool)
    return [pool[index % len(pool)] for index in range(count)]


def _torment(ground: Ground, jobs: int, faults: list[tuple[Fault, str]], apart: float, until: float) -> Counter[str]:
    """Plays the faults while the jobs run, and supervises to the end. Returns what was played."""
    played, waiting = Counter[str](), list(faults)
    pace, last = jobs / (len(faults) + 1), -apart
    while time.monotonic() < until:
        ground.supervise()
        over = _over(ground)
        if over == jobs:
            break
        if waiting and time.monotonic() >= last + apart and over >= (len(faults) - len(waiting)) * pace:
            fault, state = waiting.pop(0)
            if _aimed(ground, fault, state):
                played[f"{fault.__name__} while {state}" if state != "any" else fault.__name__] += 1
                last = time.monotonic()
        time.sleep(LOOK * 4)
    return played


def _over(ground: Ground) -> int:
    return sum(count for state, count in ground.states().items() if state in OVER)


def _aimed(ground: Ground, fault: Fault, state: str) -> bool:
    until = time.monotonic() + AIM_SECONDS
    while time.monotonic() < until:
        if fault(ground, state):
            return True
        ground.supervise()
        time.sleep(LOOK)
    return False
