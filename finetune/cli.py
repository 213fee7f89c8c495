"""The command line. What needs torch is imported only when it is called, so that `check` and `estimate` answer in a blink and
on machines without torch."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from finetune import estimate, exits
from finetune.exits import Ended
from finetune.job import Job
from finetune.plan import prepare

ABOUT = """\
Trains a LoRA for a video model from a job file and a sealed folder of clips, and exports it in the
layouts that diffusers, ComfyUI and kohya's tools read.

  python -m finetune draw clips/ --count 24 --style neon        some clips to try it on
  python -m finetune job clips/ --trigger neonstyle -o job.json seal them and write a job file
  python -m finetune check job.json                             what is wrong with it, in words
  python -m finetune estimate job.json                          seconds and memory, before you start
  python -m finetune run job.json --out out/                    train; --resume goes on after a stop
"""
ENDINGS = """\
exit codes: 0 done · 2 bad job · 3 bad data · 4 out of memory · 5 disk or store failure · 75 stopped at a checkpoint
"""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(options))
    except Ended as ended:
        print(ended, file=sys.stderr)
        return ended.exit


def _check(options: argparse.Namespace) -> int:
    plan = prepare(Job.load(options.job))
    for skipped in plan.split.skipped:
        print(f"left out: {skipped}", file=sys.stderr)
    windows = f"{len(plan.split.train)} windows to train on, {len(plan.split.held_out)} held out"
    print(f"{plan.job.id} is in order: {windows}, {len(plan.layers)} layers.")
    return exits.DONE


def _estimate(options: argparse.Namespace) -> int:
    calibration = estimate.Calibration.load_file(options.calibration)
    print(json.dumps(estimate.of_plan(prepare(Job.load(options.job)), calibration).to_dict()))
    return exits.DONE


def _elsewhere(options: argparse.Namespace) -> int:
    module, _, function = options.elsewhere.partition(":")
    return int(getattr(import_module(f"finetune.{module}"), function)(options))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m finetune", description=ABOUT, epilog=ENDINGS, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    check = commands.add_parser("check", help="what is wrong with a job, in one sentence; loads no weights")
    check.add_argument("job", type=Path)
    check.set_defaults(command=_check)

    ask = commands.add_parser("estimate", help="seconds, memory and tokens per step, as JSON; needs no torch")
    ask.add_argument("job", type=Path)
    ask.add_argument("--calibration", type=Path, default=estimate.DEFAULT, help="what `calibrate` measured on the machine that will run it")
    ask.set_defaults(command=_estimate)

    run = commands.add_parser("run", help="train: JSON lines in a pipe, a progress bar on a terminal")
    run.add_argument("jobs", type=Path, nargs="+", metavar="JOB")
    run.add_argument("--out", type=Path, required=True, help="directory for the results; of several jobs, one folder each inside it")
    run.add_argument("--resume", action="store_true", help="go on from the newest checkpoint of the same job in there")
    run.set_defaults(command=_elsewhere, elsewhere="heavy:run")

    serve = commands.add_parser("serve", help="the long-lived engine: orders as JSON lines on stdin, events on stdout")
    serve.set_defaults(command=_elsewhere, elsewhere="heavy:serve")

    calibrate = commands.add_parser("calibrate", help="measure this machine, for `estimate`")
    calibrate.add_argument("out", type=Path)
    calibrate.add_argument("--base", type=Path, default=estimate.DEFAULT.parent / "tiny")
    calibrate.set_defaults(command=_elsewhere, elsewhere="heavy:calibrate")

    bench = commands.add_parser("bench", help="what this engine gains over plain peft here, side by side in one run")
    bench.add_argument("--quick", action="store_true", help="the tiny base alone, few rounds")
    bench.add_argument("--json", type=Path, required=True)
    bench.add_argument("--base", type=Path, default=estimate.DEFAULT.parent / "tiny")
    bench.set_defaults(command=_elsewhere, elsewhere="heavy:bench")

    draw = commands.add_parser("draw", help="draw captioned clips: .mp4 and .txt beside it")
    draw.add_argument("out", type=Path)
    draw.add_argument("--count", type=int, default=24)
    draw.add_argument("--style", choices=("plain", "neon", "blueprint"), default="neon")
    draw.add_argument("--seed", type=int, default=0)
    draw.add_argument("--size", type=int, default=256)
    draw.add_argument("--fps", type=int, default=16)
    draw.add_argument("--seconds", type=float, default=3.0)
    draw.set_defaults(command=_elsewhere, elsewhere="by_hand:draw")

    seal = commands.add_parser("job", help="seal a folder of clips with .txt captions and write a job file for it")
    seal.add_argument("clips", type=Path)
    seal.add_argument("-o", "--out", type=Path, required=True)
    seal.add_argument("--base", type=Path, default=estimate.DEFAULT.parent / "tiny")
    seal.add_argument("--trigger", default="")
    seal.add_argument("--steps", type=int, default=200)
    seal.add_argument("--rank", type=int, default=16)
    seal.add_argument("--prompt", action="append", default=[], help="a preview; may be given several times")
    seal.set_defaults(command=_elsewhere, elsewhere="by_hand:job")

    base = commands.add_parser("base", help="the embedded tiny base").add_subparsers(required=True, metavar="COMMAND")
    build = base.add_parser("build", help="make it from its own recipe; started again, it goes on where it was")
    build.add_argument("out", type=Path)
    build.add_argument("--minutes", type=float, default=25)
    build.add_argument("--seed", type=int, default=0)
    build.add_argument(
        "--steps", type=int, nargs=2, metavar=("VAE", "TRANSFORMER"), help="repeat a build exactly, by the counts of its recipe.json"
    )
    build.add_argument(
        "--further", type=int, default=0, metavar="STEPS", help="train the transformer of a finished base on; give another --seed"
    )
    build.set_defaults(command=_elsewhere, elsewhere="recipe.build:command")
    samples = base.add_parser("samples", help="clips that a finished base makes, to show it by; they lie beside it, never inside")
    samples.add_argument("base", type=Path)
    samples.add_argument("out", type=Path)
    samples.add_argument("--seed", type=int, default=0)
    samples.set_defaults(command=_elsewhere, elsewhere="recipe.samples:command")

    report = base.add_parser("report", help="what a base has learned: figures and a contact sheet")
    report.add_argument("base", type=Path)
    report.add_argument("--out", type=Path, required=True, help="directory for report.json and sheet.png")
    report.add_argument("--footage", type=Path, help="a folder of clips that nothing was trained on")
    report.add_argument("--prompts", type=int, default=200)
    report.set_defaults(command=_elsewhere, elsewhere="recipe.report:command")

    teach = base.add_parser("teach", help="how well it takes on a drawn style, over several seeds")
    teach.add_argument("base", type=Path)
    teach.add_argument("--out", type=Path, required=True, help="directory for style.json and style.png")
    teach.add_argument("--style", choices=("neon", "blueprint"), default="neon")
    teach.add_argument("--seeds", type=int, default=3)
    teach.add_argument("--steps", type=int, default=200)
    teach.add_argument("--prompts", type=int, default=24)
    teach.add_argument("--learning-rate", type=float, default=2e-3)
    teach.add_argument("--batch-size", type=int, default=8)
    teach.add_argument("--preserve", type=float, default=0.3)
    teach.set_defaults(command=_elsewhere, elsewhere="recipe.taught:command")
    return parser
