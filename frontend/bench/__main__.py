"""The pages beside their limits: python -m frontend.bench --json FILE [--quick] [--only dataset upload …]"""

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from atelier.devstack import browser
from atelier.devstack.stack import Stack
from atelier.devstack.wheels import REPOSITORY
from frontend.bench import live, pages
from tests.browser.town import MAIN, Town

ROUNDS = 5
ARMS = (*MAIN, *live.ARMS)
NAME = "Néon, deuxième essai"


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m frontend.bench", description="The pages beside their limits.")
    parser.add_argument("--quick", action="store_true", help="one visit instead of a median, short runs, a small file")
    parser.add_argument("--only", nargs="+", choices=ARMS, default=ARMS, metavar="ARM", help=f"some of: {', '.join(ARMS)}")
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    with TemporaryDirectory() as drawn, Stack(REPOSITORY / "var" / "bench" / "stack", fresh=True) as stack, browser.opened() as running:
        town, load = Town(stack, Path(drawn), name=NAME), os.getloadavg()
        figures = list(pages.measure(town, running, options.only, 1 if options.quick else ROUNDS))
        figures += live.measure(town, running, Path(drawn), options.only, quick=options.quick)
        town.close()
        machine: dict[str, Any] = {"cores": os.cpu_count(), "browser": running.version, "load_before": load, "load_after": os.getloadavg()}
    arms = [figure.arm for figure in figures]
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps({"machine": machine, "arms": [asdict(arm) for arm in arms]}, indent=1) + "\n")
    print(*(arm.line for arm in arms), sep="\n")


if __name__ == "__main__":
    main(sys.argv[1:])
