"""The words of the command line: every command, its options and what a newcomer wants to know of them."""

import argparse
from pathlib import Path
from typing import Any

from finetune import estimate
from finetune.job import PRESERVE

TINY = estimate.DEFAULT.parent / "tiny"
ABOUT = """\
Trains a LoRA for a video model from a job file and a sealed folder of clips, and exports it in the
layouts that diffusers, ComfyUI, kohya's tools and peft read.

  python -m finetune draw clips/ --count 24 --style neon         some clips to try it on
  python -m finetune job clips/ --trigger neonstyle -o job.json  seal them and write a job file
  python -m finetune check job.json                              what is wrong with it, in words
  python -m finetune estimate job.json                           seconds and memory, before you start
  python -m finetune run job.json --out out/                     train; --resume goes on after a stop

Each command has its own --help. docs/engine.md tells the whole story.
"""
ENDINGS = """\
exit codes: 0 done · 2 bad job · 3 bad data · 4 out of memory · 5 disk or store failure · 75 stopped at a checkpoint
"""
DRAW = """\
Draws captioned clips, so that there is something to train on: NAME.mp4, and NAME.txt beside it with one sentence.
Shapes move over a ground; `neon` and `blueprint` are styles that the miniature base has never seen.

  python -m finetune draw clips/ --count 24 --style neon
"""
JOB = """\
Copies a folder of clips and captions into a sealed dataset beside the job file and writes the job file: everything
that a run needs, as JSON to read and to change. `check` says when a change made it wrong.

Beside each clip lies a caption of one sentence: cat.mp4, cat.txt. Videos are .mp4 .mov .webm .mkv .m4v, stills .png .jpg
.webp, of any size and frame rate. Long clips are cut into windows; some clips are held out, to judge by.

  python -m finetune job clips/ --trigger neonstyle -o neon.json
  python -m finetune job clips/ --base ~/models/Wan2.1-T2V-1.3B-Diffusers --trigger mycat --steps 800 -o cat.json
"""
CHECK = """\
Says in one sentence what is wrong with a job, or that it is in order: base and dataset are what the job names, nothing
was altered, the layers exist, the clips are long enough. Reads every file for its digest, loads no weight and needs no torch.

  python -m finetune check neon.json
"""
ESTIMATE = """\
Answers in JSON before anything is started: `seconds` from the order to the end in an engine that is up, and the interval
`seconds_low` to `seconds_high`; `memory_bytes` at the most; `tokens_per_step`. It counts with what was measured on a machine:
measure yours with `python -m finetune calibrate here.json`. Needs no torch.

  python -m finetune estimate neon.json --calibration here.json
"""
RUN = """\
Trains. On a terminal a bar moves; in a pipe every line of standard output is one JSON event and there is nothing else.
Two trial steps come first, so that too little memory is found out in seconds. Ctrl-C stops behind a checkpoint.

  python -m finetune run neon.json --out neon/
  python -m finetune run neon.json --out neon/ --resume     go on after a stop, a crash or a power cut
  python -m finetune run a.json b.json --out both/          jobs that can, share one pass: both/A, both/B

Look at OUT/previews/sheet.png first, then at OUT/models/README.md.
"""
SERVE = """\
Stays up, reads orders as JSON lines from standard input and writes events as JSON lines; the base stays in memory between
jobs. Ends with standard input. For a program that starts it, not for a person:

  {"op": "run", "job": "/path/job.json", "out": "/path/out", "resume": true}
  {"op": "stop", "job": "trn_1"}
"""
CALIBRATE = """\
Measures this machine with short steps on one base, for `estimate --calibration`. Takes about a minute with the miniature.

  python -m finetune calibrate here.json
"""
BENCH = """\
Trains the same jobs by peft, as its documentation shows it, and by this engine, in alternating rounds of one process, and
writes ratios of processor time with their number and spread. Also: whether estimates hold, and what a second run saves.

  OMP_NUM_THREADS=1 python -m finetune bench --quick --json bench.json
  OMP_NUM_THREADS=1 python -m finetune bench --only fingerprints estimates --json bench.json
"""
BUILD = """\
Draws clips, trains the VAE, then the transformer with its text encoder, and writes a plain diffusers directory with a
recipe.json. Interrupted, it goes on where it was.

  python -m finetune base build mine/ --minutes 25
"""
REPORT = "States what a base has learned: the PSNR of its VAE, and whether clips for captions it never saw show what the captions say."
TEACH = "Trains a drawn style that the base never saw, over several seeds, and states the style's score with and without the trigger word."


class _Help(argparse.RawDescriptionHelpFormatter):
    """Texts as they are written; the default behind each option that has one."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        shown = action.default not in (None, "", False, argparse.SUPPRESS) and action.default != [] and action.option_strings
        return f"{action.help or ''} (%(default)s)".strip() if shown else action.help


def parser() -> argparse.ArgumentParser:
    """Each command sets `call`, "module:function" of what does it."""
    made = argparse.ArgumentParser(prog="python -m finetune", description=ABOUT, epilog=ENDINGS, formatter_class=_Help)
    commands = made.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for add in (_draw, _job, _check, _estimate, _run, _serve, _calibrate, _bench, _base):
        add(commands)
    return made


def _command(commands: Any, name: str, call: str, about: str, brief: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=brief, description=about, formatter_class=_Help)
    made.set_defaults(call=call)
    return made


def _draw(commands: Any) -> None:
    made = _command(commands, "draw", "shell.by_hand:draw", DRAW, "draw captioned clips to try things on")
    made.add_argument("out", type=Path, help="folder that they are written into")
    made.add_argument("--count", type=int, default=24, help="how many")
    made.add_argument("--style", choices=("plain", "neon", "blueprint"), default="neon", help="how they look")
    made.add_argument("--seed", type=int, default=0, help="another number draws other scenes")
    made.add_argument("--size", type=int, default=256, help="height and width in pixels")
    made.add_argument("--fps", type=int, default=16, help="frames per second")
    made.add_argument("--seconds", type=float, default=3.0, help="length of each")


def _job(commands: Any) -> None:
    made = _command(commands, "job", "shell.by_hand:job", JOB, "seal a folder of clips and write a job file for it")
    made.add_argument("clips", type=Path, help="folder of clips, each with a .txt of the same name")
    made.add_argument("-o", "--out", type=Path, required=True, help="the job file to write; the dataset lands beside it")
    made.add_argument("--base", type=Path, default=TINY, help="model directory in diffusers layout, .safetensors only")
    made.add_argument("--trigger", default="", help="a word of your own that calls the style; put in front of every caption")
    made.add_argument("--steps", type=int, default=200, help="optimiser steps, exactly")
    made.add_argument("--rank", type=int, default=16, help="size of the adapter; larger learns more, and sooner by heart")
    made.add_argument("--from-adapter", type=Path, help="train on from this file of an earlier run (models/diffusers/…), at its rank")
    made.add_argument(
        "--aspects",
        action=argparse.BooleanOptionalAction,
        help="train wide and upright clips at sizes of their own shape instead of cutting them; unless told, on bases that know several",
    )
    made.add_argument("--prompt", action="append", default=[], help="a preview; may be given several times; else two of the captions")


def _check(commands: Any) -> None:
    made = _command(commands, "check", "cli:check", CHECK, "what is wrong with a job, in one sentence")
    made.add_argument("job", type=Path, help="job file")


def _estimate(commands: Any) -> None:
    made = _command(commands, "estimate", "cli:foretell", ESTIMATE, "seconds and memory, before anything starts")
    made.add_argument("job", type=Path, help="job file")
    made.add_argument("--calibration", type=Path, default=estimate.DEFAULT, help="what `calibrate` measured where it will run")


def _run(commands: Any) -> None:
    made = _command(commands, "run", "heavy:run", RUN, "train")
    made.add_argument("jobs", type=Path, nargs="+", metavar="JOB", help="job file")
    made.add_argument("--out", type=Path, required=True, help="directory for the results; of several jobs, one folder each inside it")
    made.add_argument("--resume", action="store_true", help="go on from the newest checkpoint of the same job in there")


def _serve(commands: Any) -> None:
    _command(commands, "serve", "heavy:serve", SERVE, "the long-lived engine, for another program")


def _calibrate(commands: Any) -> None:
    made = _command(commands, "calibrate", "heavy:calibrate", CALIBRATE, "measure this machine, for `estimate`")
    made.add_argument("out", type=Path, help="file to write")
    made.add_argument("--base", type=Path, default=TINY, help="the base to measure with")


def _bench(commands: Any) -> None:
    made = _command(commands, "bench", "heavy:bench", BENCH, "what this engine gains over plain peft here")
    made.add_argument("--quick", action="store_true", help="the miniature alone, few rounds")
    made.add_argument("--only", nargs="+", default=(), metavar="PART", help="parts of it, such as steps, estimates or fingerprints")
    made.add_argument("--json", type=Path, required=True, help="file to write")
    made.add_argument("--base", type=Path, default=TINY, help="the base to measure with")


def _base(commands: Any) -> None:
    made = commands.add_parser("base", help="the embedded miniature: make one, judge one", formatter_class=_Help)
    own = made.add_subparsers(required=True, metavar="COMMAND", title="commands")
    for add in (_build, _samples, _report, _teach):
        add(own)


def _build(commands: Any) -> None:
    made = _command(commands, "build", "recipe.build:command", BUILD, "make one from its own recipe; started again, it goes on")
    made.add_argument("out", type=Path, help="directory to write")
    made.add_argument("--minutes", type=float, default=25, help="processor minutes to spend")
    made.add_argument("--seed", type=int, default=0, help="of everything that is drawn")
    made.add_argument("--steps", type=int, nargs=2, metavar=("VAE", "TRANSFORMER"), help="repeat a build exactly, by its recipe.json")
    made.add_argument("--further", type=int, default=0, metavar="STEPS", help="train a finished one on; give another --seed")
    made.add_argument("--pictures", type=int, default=0, metavar="STEPS", help="train the VAE of a finished one on what is like footage")
    made.add_argument("--alike", action="store_true", help="with --further: on pairs of scenes that only a circle and a square set apart")


def _samples(commands: Any) -> None:
    about = "Clips that a finished base makes, to show it by; they lie beside it, never inside."
    made = _command(commands, "samples", "recipe.samples:command", about, "clips to show one by")
    made.add_argument("base", type=Path, help="model directory")
    made.add_argument("out", type=Path, help="folder for the clips")
    made.add_argument("--seed", type=int, default=0, help="of the noise")


def _report(commands: Any) -> None:
    made = _command(commands, "report", "recipe.report:command", REPORT, "what one has learned: figures and a contact sheet")
    made.add_argument("base", type=Path, help="model directory")
    made.add_argument("--out", type=Path, required=True, help="directory for report.json and sheet.png")
    made.add_argument("--footage", type=Path, help="a folder of clips that nothing was trained on")
    made.add_argument("--prompts", type=int, default=200, help="how many clips to generate and read back")


def _teach(commands: Any) -> None:
    made = _command(commands, "teach", "recipe.taught:command", TEACH, "how well one takes on a drawn style")
    made.add_argument("base", type=Path, help="model directory")
    made.add_argument("--out", type=Path, required=True, help="directory for style.json and style.png")
    made.add_argument("--style", choices=("neon", "blueprint"), default="neon", help="the style to teach")
    made.add_argument("--seeds", type=int, default=3, help="how many trainings")
    made.add_argument("--steps", type=int, default=200, help="optimiser steps of each")
    made.add_argument("--prompts", type=int, default=24, help="captions to judge by")
    made.add_argument("--learning-rate", type=float, default=2e-3, help="its peak")
    made.add_argument("--batch-size", type=int, default=8, help="clips a step")
    made.add_argument("--preserve", type=float, default=PRESERVE, help="share of each batch that keeps captions without the trigger word")
