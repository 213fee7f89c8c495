"""The command line. What needs torch is imported only when it is called, so that `check` and `estimate` answer in a blink and
on machines without torch."""

import argparse
import json
import sys
from importlib import import_module

from finetune import estimate, exits
from finetune.exits import Ended
from finetune.job import Job
from finetune.planning.plan import prepare
from finetune.shell import commands


def main(arguments: list[str] | None = None) -> int:
    options = commands.parser().parse_args(arguments)
    module, _, function = options.call.partition(":")
    try:
        return int(getattr(import_module(f"finetune.{module}"), function)(options))
    except Ended as ended:
        print(ended, file=sys.stderr)
        return ended.exit


def check(options: argparse.Namespace) -> int:
    plan = prepare(Job.load(options.job))
    for skipped in plan.split.skipped:
        print(f"left out: {skipped}", file=sys.stderr)
    windows = f"{len(plan.split.train)} windows to train on, {len(plan.split.held_out)} held out"
    print(f"{plan.job.id} is in order: {windows}, {len(plan.layers)} layers.")
    return exits.DONE


def foretell(options: argparse.Namespace) -> int:
    calibration = estimate.Calibration.load_file(options.calibration)
    print(json.dumps(estimate.of_plan(prepare(Job.load(options.job)), calibration).to_dict()))
    return exits.DONE
