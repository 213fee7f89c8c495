"""The drills: python -m tests.drills --json FILE [--quick] [NAME…]"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from atelier.devstack.wheels import REPOSITORY

from .programme import DRILLS, QUICK, played


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
            with ProcessPoolExecutor(1, get_context("spawn")) as alone:
                report.append(alone.submit(played, drill, options.var, quick=options.quick).result())
            options.json.parent.mkdir(parents=True, exist_ok=True)
            options.json.write_text(json.dumps({"drills": report}, indent=1) + "\n")
    return 0 if report and all(each["ok"] for each in report) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
