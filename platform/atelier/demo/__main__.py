"""python -m atelier.demo [--clips FOLDER] [--captions FILE] [--steps N] [--seed-only], inside a running stack."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import httpx

from atelier.demo import receipt
from atelier.demo.journey import Journey, Wanted, seed
from atelier.demo.surroundings import Surroundings
from atelier.demo.trouble import Trouble

ROOT = Path(__file__).resolve().parents[3]
STEPS = 200
FAILED, INTERRUPTED = 1, 130


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments)
    try:
        around = Surroundings.from_environment()
        if options.seed_only:
            seed(around)
            return 0
    except (Trouble, httpx.TransportError) as error:
        print(f"atelier.demo: {error}", file=sys.stderr)
        return FAILED
    out = options.out.resolve()
    receipt.clear(out, keep=options.clips)
    return _play(Journey(around, Wanted(out, options.steps, options.clips, options.captions)))


def _play(journey: Journey) -> int:
    out = journey.wanted.out
    try:
        journey.go()
    except Trouble as trouble:
        problem = {"stage": journey.stage, "code": trouble.code, "sentence": trouble.sentence}
    except httpx.TransportError as error:
        problem = {"stage": journey.stage, "code": "unreachable", "sentence": f"A server does not answer: {error}"}
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return INTERRUPTED
    else:
        print(f"\nAll of it happened. The receipt: {out / receipt.NAME}", flush=True)
        return 0
    journey.receipt.save(out, ok=False, problem=problem)
    code = f" ({problem['code']})" if problem["code"] else ""
    print(
        f"\nThe journey ended in “{problem['stage']}”: {problem['sentence']}{code} The servers' logs: {journey.around.logs}",
        file=sys.stderr,
    )
    return FAILED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m atelier.demo", description="The main job, start to end, through the HTTP API.")
    parser.add_argument("--clips", type=Path, metavar="FOLDER", help="your own clips and stills; without it, the demo draws some")
    parser.add_argument(
        "--captions", type=Path, metavar="FILE", help="captions for clips without a .txt: JSON, or lines of name, tab, caption"
    )
    parser.add_argument("--steps", type=_steps, default=STEPS, metavar="N", help="optimiser steps; default %(default)s")
    parser.add_argument("--out", type=Path, default=ROOT / "var" / "demo", metavar="DIR", help="for the results; default %(default)s")
    parser.add_argument("--seed-only", action="store_true", help="people, studio, base and tiers, then end; may be repeated")
    return parser


def _steps(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("a whole number of at least 1")
    return int(text)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
