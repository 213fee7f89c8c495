"""The command line as a person or a script meets it: words, exit codes, events on a pipe."""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from finetune.cli import main
from finetune.events import parse
from finetune.shell import commands

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def job(job_dict: Make, tmp_path: Path) -> Path:
    path = tmp_path / "job.json"
    path.write_text(json.dumps(job_dict({"previews": []}, steps=3)))
    return path


def test_help_teaches(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])
    shown = capsys.readouterr().out
    for word in ("draw", "check", "estimate", "run", "--resume", "exit codes: 0 done", "75 stopped at a checkpoint"):
        assert word in shown


def _commands(parser: argparse.ArgumentParser) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, made in action.choices.items():
                yield name, made
                yield from _commands(made)


@pytest.mark.parametrize(("name", "command"), list(_commands(commands.parser())))
def test_every_command_says_what_it_is_for_and_what_each_option_means(name: str, command: argparse.ArgumentParser) -> None:
    shown = " ".join(command.format_help().split())
    for action in command._actions:
        assert action.help or isinstance(action, argparse._SubParsersAction), action.dest
    assert "%(" not in shown
    assert command.description or name == "base"


EXAMPLES = [
    re.split(r"\s{2,}", line.strip())[0].partition("python -m finetune ")[2]
    for text in vars(commands).values()
    if isinstance(text, str)
    for line in text.splitlines()
    if line.startswith("  ") and "python -m finetune " in line
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_in_the_help_are_understood_as_they_stand(example: str) -> None:
    assert commands.parser().parse_args(example.split()).call


def test_check_says_what_is_in_order(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(job)]) == 0
    assert "3 windows to train on, 1 held out, 40 layers" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("top", "knobs", "code", "says"),
    [
        ({"family": "sdxl"}, {}, 2, "family 'sdxl' is unknown"),
        ({}, {"rank": 500}, 2, "rank"),
        ({}, {"frames": 81, "fps": 16}, 3, "too short"),
    ],
)
def test_check_answers_with_a_code_and_one_sentence(
    top: dict[str, Any], knobs: dict[str, Any], code: int, says: str, job_dict: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.json"
    path.write_text(json.dumps(job_dict(top, **knobs)))
    assert main(["check", str(path)]) == code
    told = capsys.readouterr().err
    assert says in told
    assert len(told.strip().splitlines()) == 1


def test_estimate_answers_in_json(job: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["estimate", str(job)]) == 0
    assert set(json.loads(capsys.readouterr().out)) == {"seconds", "seconds_low", "seconds_high", "memory_bytes", "tokens_per_step"}


def test_in_a_pipe_it_speaks_json_lines_alone_and_a_job_that_fails_does_not_spoil_the_next(
    job_dict: Make, job: Path, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text(json.dumps(job_dict({"id": "trn_bad"}, frames=81, fps=16)))
    command = [sys.executable, "-m", "finetune", "run", str(bad), str(job), "--out", str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 3, done.stderr
    events = [parse(line) for line in done.stdout.splitlines()]
    assert [(event.job, event.event) for event in events if event.event in ("error", "done")] == [
        ("trn_bad", "error"),
        ("trn_test", "done"),
    ]
    assert [event.facts["step"] for event in events if event.event == "step"] == [1, 2, 3]
    assert (tmp_path / "out/trn_test/manifest.json").exists()
    assert "Traceback" not in done.stderr


def test_ctrl_c_stops_behind_a_checkpoint(job_dict: Make, tmp_path: Path) -> None:
    path = tmp_path / "long.json"
    path.write_text(json.dumps(job_dict(steps=500, checkpoint_every=500)))
    command = [sys.executable, "-m", "finetune", "run", str(path), "--out", str(tmp_path / "out")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        while parse(process.stdout.readline()).event != "step":
            pass
        os.kill(process.pid, signal.SIGINT)
        rest = [parse(line) for line in process.stdout]
    assert process.returncode == 75
    assert [event.event for event in rest[-2:]] == ["checkpoint", "error"]


def test_a_stranger_gets_from_drawing_to_a_model(tmp_path: Path) -> None:
    job = tmp_path / "my.json"
    assert main(["draw", str(tmp_path / "clips"), "--count", "3", "--size", "48", "--seconds", "2.5"]) == 0
    assert main(["job", str(tmp_path / "clips"), "-o", str(job), "--trigger", "neonstyle", "--steps", "2", "--rank", "2"]) == 0
    assert main(["check", str(job)]) == 0
