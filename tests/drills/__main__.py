"""The drills: python -m tests.drills --json FILE [--quick] [NAME…]"""

import argparse
import json
import sys
import time
import traceback
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from atelier.devstack.wheels import REPOSITORY

from . import database, deploy, fuzz, jobs, races, restore, uploads, workers
from .ground import Ground
from .told import Outcome, Play


@dataclass(frozen=True)
class Drill:
    name: str
    play: Play
    workers: int = 2
    durable: bool = False


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
    Drill("one effective training per paid job", jobs.play),
)
QUICK = ("one effective training per paid job",)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="What must hold when things go wrong, on real servers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {'; '.join(drill.name for drill in DRILLS)}")
    parser.add_argument("--quick", action="store_true", help="a short form, in at most two minutes")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--var", type=Path, default=REPOSITORY / "var" / "drills" / "stack", help="where the servers keep their data")
    options = parser.parse_args(arguments)
    wanted = options.names or (QUICK if options.quick else [drill.name for drill in DRILLS])
    report = []
    for drill in DRILLS:
        if drill.name in wanted:
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:  # Django is set up for one ground in each process
                report.append(alone.submit(_played, drill, options.var, quick=options.quick).result())
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps({"drills": report}, indent=1) + "\n")
    return 0 if report and all(each["ok"] for each in report) else 1


def _played(drill: Drill, var: Path, *, quick: bool) -> dict[str, object]:
    began = time.monotonic()
    with Ground(var, workers=drill.workers, volatile=not drill.durable, narrow=quick) as ground:
        outcome = _outcome(drill, ground, quick=quick)
    seconds = round(time.monotonic() - began, 1)
    print(f"{'ok' if not outcome.problems else 'FAILED':8} {drill.name}: {outcome.figure}", *outcome.problems, sep="\n    ", flush=True)
    return {"name": drill.name, "ok": not outcome.problems, "figure": outcome.figure, "seconds": seconds, "problems": outcome.problems}


def _outcome(drill: Drill, ground: Ground, *, quick: bool) -> Outcome:
    """One drill that gets stuck or breaks does not keep the others from being played."""
    try:
        return drill.play(ground, quick=quick)
    except Exception:
        return Outcome("it did not come to its end", [traceback.format_exc()])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
