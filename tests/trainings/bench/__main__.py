"""The queue at scale and the platform beside the engine: python -m tests.trainings.bench --json FILE [--quick] [ARM…]

`queue`: ten thousand trainings that wait and two hundred workers, on a PostgreSQL of its own over pooled connections. `run`: one training
on the whole stack, from the click to the first step and from the last to the download. `passes`: a few small trainings in one pass of a
worker. `web`: its pages while one trains. `streams`: event streams held open.
"""

import argparse
import sys
from pathlib import Path
from tempfile import mkdtemp

from frontend.bench import told

from . import crowd, passes, run, web

ARMS = {"queue": crowd.measure, "run": run.measure, "passes": passes.measure, "web": web.trainings, "streams": web.streams}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.trainings.bench", description="The queue at scale, and what the platform adds.")
    parser.add_argument("arms", nargs="*", metavar="ARM", help=f"only these: {', '.join(ARMS)}")
    parser.add_argument("--quick", action="store_true", help="the queue alone, a fifth as long, in less than a minute")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--var", type=Path, help="where the servers keep their data; a folder that is thrown away unless told")
    options = parser.parse_args(arguments)
    var = options.var or Path(mkdtemp(prefix="trainings-bench-"))
    wanted = options.arms or (["queue"] if options.quick else list(ARMS))
    told.keep(options.json, (figure for name in wanted for figure in ARMS[name](var / name, quick=options.quick)))


if __name__ == "__main__":
    main(sys.argv[1:])
