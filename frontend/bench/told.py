"""What the benches of this repository have in common: their command line, and the file that tells their figures."""

import argparse
import json
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict
from pathlib import Path

from frontend.bench.arms import Figure


def command(arguments: list[str], measure: Callable[[bool], Iterable[Figure]], *, name: str, about: str, quick: str) -> None:
    """`python -m NAME --json FILE [--quick]`: `measure` is told whether to be quick; each figure is printed as soon as it is there."""
    parser = argparse.ArgumentParser(prog=f"python -m {name}", description=about)
    parser.add_argument("--quick", action="store_true", help=quick)
    parser.add_argument("--json", type=Path, required=True)
    options = parser.parse_args(arguments)
    keep(options.json, measure(options.quick))


def keep(path: Path, figures: Iterable[Figure], **machine: object) -> None:
    """Prints the figures as they come and writes them to `path`, with how busy the machine was before and after."""
    load, arms = os.getloadavg(), []
    for figure in figures:
        print(figure.arm.line, flush=True)
        arms.append(asdict(figure.arm))
    about = {"cores": os.cpu_count(), "load_before": load, "load_after": os.getloadavg(), **machine}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"machine": about, "arms": arms}, indent=1) + "\n")


def seconds(deed: Callable[[], object]) -> float:
    """How long it takes, by the clock on the wall."""
    began = time.perf_counter()
    deed()
    return time.perf_counter() - began
