"""The drills, and how one is played: on a ground of its own, and to an outcome whatever happens."""

import time
import traceback
from dataclasses import dataclass
from pathlib import Path

from . import database, deploy, fuzz, jobs, races, restore, uploads, workers
from .ground import Ground
from .told import Outcome, Play


@dataclass(frozen=True)
class Drill:
    name: str
    play: Play
    workers: int = 2
    durable: bool = False
    narrow: bool = False


# In the order of how long they take.
DRILLS = (
    Drill("a dead worker's job is picked up", workers.death),
    Drill("a broker that is away", workers.broker),
    Drill("an upload through kills of the store", uploads.play, workers=0),
    Drill("a backup restored into an empty stack", restore.play, workers=1),
    Drill("the database killed under money load", database.play, workers=0, durable=True),
    Drill("one winner of every race", races.play, workers=0),
    Drill("the API under odd requests", fuzz.play, workers=1),
    Drill("a deploy in the middle of it", deploy.play),
    Drill("one effective training per paid job", jobs.play, narrow=True),
)
QUICK = ("one effective training per paid job",)


def played(drill: Drill, var: Path, *, quick: bool) -> dict[str, object]:
    """What the report says of it. Django is set up for one ground in each process, so play each in a process of its own."""
    began = time.monotonic()
    with Ground(var, workers=drill.workers, volatile=not drill.durable, narrow=quick or drill.narrow) as ground:
        outcome = _outcome(drill, ground, quick=quick)
    seconds = round(time.monotonic() - began, 1)
    print(f"{'ok' if not outcome.problems else 'FAILED':8} {drill.name}: {outcome.figure}", *outcome.problems, sep="\n    ", flush=True)
    told = {"figure": outcome.figure, "seconds": seconds, "problems": outcome.problems, "metrics": outcome.metrics}
    return {"name": drill.name, "ok": not outcome.problems, **told}


def _outcome(drill: Drill, ground: Ground, *, quick: bool) -> Outcome:
    """One drill that gets stuck or breaks does not keep the others from being played."""
    try:
        return drill.play(ground, quick=quick)
    except Exception:
        return Outcome("it did not come to its end", [traceback.format_exc()])
