"""The pages beside their limits: python -m frontend.bench --json FILE [--quick] [--only dataset upload …]"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser

from atelier.devstack import browser
from atelier.devstack.stack import Stack
from atelier.devstack.wheels import REPOSITORY
from frontend.bench import live, pages, told
from frontend.bench.arms import Figure
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
        told.keep(options.json, _figures(Town(stack, Path(drawn), name=NAME), running, Path(drawn), options), browser=running.version)


def _figures(town: Town, running: Browser, drawn: Path, options: argparse.Namespace) -> Iterator[Figure]:
    yield from pages.measure(town, running, options.only, 1 if options.quick else ROUNDS)
    yield from live.measure(town, running, drawn, options.only, quick=options.quick)
    town.close()


if __name__ == "__main__":
    main(sys.argv[1:])
