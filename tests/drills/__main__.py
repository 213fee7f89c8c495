"""The drills: python -m tests.drills --json FILE [--quick] [NAME…]"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

from atelier.devstack.wheels import REPOSITORY

from .programme import DRILLS, QUICK, Drill, played


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.drills", description="What must hold when things go wrong, on real servers.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {'; '.join(drill.name for drill in DRILLS)}")
    parser.add_argument("--quick", action="store_true", help="a short form, in at most two minutes")
    parser.add_argument("--json", type=Path, required=True)
    parser.add_argument("--var", type=Path, default=REPOSITORY / "var" / "drills" / "stack", help="where the servers keep their data")
    options = parser.parse_args(arguments)
    wanted = options.names or (QUICK if options.quick else [drill.name for drill in DRILLS])
    drills = [drill for drill in DRILLS if drill.name in wanted]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report = []
    for drill in drills:
        report += [played(drill, options.var, quick=options.quick)] if len(drills) == 1 else _apart(drill, options)
        options.json.write_text(json.dumps({"drills": report}, indent=1) + "\n")
    return 0 if report and all(each["ok"] for each in report) else 1


def _apart(drill: Drill, options: argparse.Namespace) -> list[dict[str, object]]:
    """In a process of its own, which ends with this one."""
    part = options.json.with_suffix(".part")
    part.unlink(missing_ok=True)
    quick = ["--quick"] if options.quick else []
    command = [sys.executable, "-m", "tests.drills", "--json", part, "--var", options.var, *quick, drill.name]
    code = subprocess.run(["setpriv", "--pdeathsig", "TERM", *command]).returncode
    if not part.exists():
        return [{"name": drill.name, "ok": False, "problems": [f"it ended with {code} and without a report"]}]
    found: list[dict[str, object]] = json.loads(part.read_text())["drills"]
    part.unlink()
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
