"""The long-lived engine, spoken to as its worker does: orders in, events out."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

Make = Callable[..., dict[str, Any]]


class Engine:
    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "finetune", "serve"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdin
        assert self.process.stdout
        self.stdin, self.stdout = self.process.stdin, self.process.stdout
        self.ready = self.next()

    def next(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.stdout.readline())
        return found

    def until(self, *names: str) -> list[dict[str, Any]]:
        """Events up to and with the first of these names."""
        told = [self.next()]
        while told[-1]["event"] not in names:
            told.append(self.next())
        return told

    def close(self) -> int:
        """The exit code, of a process that is about to end."""
        code = self.process.wait(60)
        self.stdin.close()
        self.stdout.close()
        return code

    def order(self, **order: Any) -> None:
        self.stdin.write(json.dumps(order) + "\n")
        self.stdin.flush()

    def run(self, job: Path, out: Path) -> None:
        self.order(op="run", job=str(job), out=str(out), resume=True)


@pytest.fixture(scope="module")
def engine(cache: Path) -> Iterator[Engine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FINETUNE_CACHE", str(cache))
        engine = Engine()
    yield engine
    engine.order(op="quit")
    assert engine.close() == 0


@pytest.fixture
def write(tmp_path: Path, job_dict: Make) -> Callable[..., Path]:
    def make(name: str, **knobs: Any) -> Path:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(job_dict({"id": name, "previews": []}, **knobs)))
        return path

    return make


def test_it_says_that_it_is_ready_before_anything_else(engine: Engine) -> None:
    assert engine.ready["event"] == "ready"
    assert engine.ready["memory"] > 1 << 30
    assert engine.ready["pid"] == engine.process.pid


def test_one_job_after_another_and_the_second_needs_no_loading(engine: Engine, write: Callable[..., Path], tmp_path: Path) -> None:
    seconds = []
    for name in ("trn_a", "trn_b"):
        engine.run(write(name, steps=2), tmp_path / name)
        told = engine.until("done", "error")
        assert told[-1]["event"] == "done", told[-1]
        assert {each["job"] for each in told} == {name}
        seconds.append(json.loads((tmp_path / name / "manifest.json").read_text())["seconds"]["load"])
    assert seconds[1] == 0.0 or seconds[1] < seconds[0] / 4


def test_a_bad_job_is_answered_and_the_next_one_runs(engine: Engine, write: Callable[..., Path], tmp_path: Path) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{}")
    engine.run(bad, tmp_path / "bad")
    (refused,) = engine.until("error")
    assert (refused["job"], refused["exit"], refused["code"]) == ("bad", 2, "bad_job")
    bad.write_text('{"version": 1, "id": "trn_bad", "family": "sdxl"}')
    engine.run(bad, tmp_path / "bad")
    (refused,) = engine.until("error")
    assert refused["job"] == "trn_bad"
    assert "sdxl" in refused["detail"]
    engine.run(write("trn_rank", rank=193), tmp_path / "rank")
    refused = engine.until("error")[-1]
    assert (refused["job"], refused["exit"]) == ("trn_rank", 2)
    assert "knobs.rank is 193" in refused["detail"]
    engine.run(write("trn_good", steps=1), tmp_path / "good")
    assert engine.until("done", "error")[-1]["event"] == "done"


def test_stop_is_heard_at_the_next_step_and_leaves_a_checkpoint(engine: Engine, write: Callable[..., Path], tmp_path: Path) -> None:
    job = write("trn_long", steps=500, checkpoint_every=500)
    engine.run(job, tmp_path / "out")
    engine.until("step")
    engine.order(op="stop", job="trn_long")
    told = engine.until("error")
    assert (told[-1]["exit"], told[-1]["code"]) == (75, "stopped")
    checkpoint = told[-2]
    assert checkpoint["event"] == "checkpoint"
    assert (tmp_path / "out" / checkpoint["path"] / "adapter.safetensors").exists()
    engine.run(job, tmp_path / "out")
    assert engine.until("step")[-1]["step"] == checkpoint["step"] + 1
    engine.order(op="stop", job="trn_long")
    assert engine.until("error")[-1]["code"] == "stopped"


def test_checkpoints_that_are_to_be_kept_stay_until_somebody_removes_them(
    engine: Engine, write: Callable[..., Path], tmp_path: Path
) -> None:
    left = {}
    for name, kept in (("trn_kept", True), ("trn_plain", False)):
        engine.order(op="run", job=str(write(name, steps=4, checkpoint_every=1)), out=str(tmp_path / name), keep=kept)
        engine.until("done")
        left[name] = [int(each.name[5:]) for each in sorted((tmp_path / name / "checkpoints").iterdir())]
    assert left == {"trn_kept": [1, 2, 3, 4], "trn_plain": [3, 4]}


def test_a_stop_that_comes_before_the_job_has_begun_is_kept(engine: Engine, write: Callable[..., Path], tmp_path: Path) -> None:
    job = write("trn_early", steps=2)
    engine.run(job, tmp_path / "out")
    engine.order(op="stop", job="trn_early")
    assert engine.until("error", "done")[-1]["code"] == "stopped"
    engine.run(job, tmp_path / "out")
    assert engine.until("error", "done")[-1]["event"] == "done"


def test_what_is_no_order_is_answered(engine: Engine) -> None:
    for line in ("hello", "[]", '{"op":"dance"}', '{"op":"run"}'):
        engine.stdin.write(line + "\n")
        engine.stdin.flush()
        assert engine.next()["code"] == "bad_order"


@pytest.fixture
def lonely() -> Iterator[Engine]:
    engine = Engine()
    yield engine
    engine.process.kill()
    engine.close()


def test_it_ends_at_once_when_its_parent_is_gone(lonely: Engine, write: Callable[..., Path], tmp_path: Path) -> None:
    lonely.run(write("trn_left", steps=500), tmp_path / "out")
    lonely.until("step")
    lonely.stdin.close()
    assert lonely.process.wait(60) == 75


def test_killed_in_mid_step_it_goes_on_from_its_checkpoint_with_the_same_bits(
    lonely: Engine, engine: Engine, write: Callable[..., Path], tmp_path: Path
) -> None:
    job = write("trn_killed", steps=8, checkpoint_every=3)
    lonely.run(job, tmp_path / "killed")
    lonely.until("checkpoint")
    lonely.until("step")
    os.kill(lonely.process.pid, signal.SIGKILL)
    lonely.process.wait()
    engine.run(job, tmp_path / "killed")
    steps = [each["step"] for each in engine.until("done", "error") if each["event"] == "step"]
    assert steps in ([4, 5, 6, 7, 8], [7, 8])
    engine.run(job, tmp_path / "whole")
    assert engine.until("done", "error")[-1]["event"] == "done"
    digests = [
        [file["tensor_digest"] for file in json.loads((tmp_path / name / "manifest.json").read_text())["files"]]
        for name in ("killed", "whole")
    ]
    assert digests[0] == digests[1]


def test_jobs_ordered_together_share_a_pass_and_each_can_be_stopped(engine: Engine, write: Callable[..., Path], tmp_path: Path) -> None:
    names = ("trn_one", "trn_two")
    jobs = [
        {"job": str(write(name, steps=steps, checkpoint_every=500)), "out": str(tmp_path / "out" / name)}
        for name, steps in zip(names, (400, 6), strict=True)
    ]
    engine.order(op="run_many", jobs=jobs)
    engine.until("step")
    engine.order(op="stop", job="trn_one")
    ends = {told["job"]: told for told in (engine.until("done", "error")[-1], engine.until("done", "error")[-1])}
    assert ends["trn_one"]["code"] == "stopped"
    assert ends["trn_two"]["event"] == "done"
    assert json.loads((tmp_path / "out/trn_two/manifest.json").read_text())["shared_pass_with"] == ["trn_one"]


@pytest.mark.parametrize("earlier", [False, True])
def test_one_that_is_content_gets_its_results_and_its_neighbour_goes_on(
    engine: Engine, write: Callable[..., Path], tmp_path: Path, earlier: bool
) -> None:
    knobs = {"trn_content": {"steps": 400, "checkpoint_every": 30}, "trn_other": {"steps": 50, "checkpoint_every": 500}}
    jobs = [{"job": str(write(name, **each)), "out": str(tmp_path / "out" / name)} for name, each in knobs.items()]
    engine.order(op="run_many", jobs=jobs)
    kept = engine.until("checkpoint")[-1]["path"]
    engine.order(op="finish", job="trn_content", **({"checkpoint": kept} if earlier else {}))
    ends = {told["job"]: told for told in (engine.until("done", "error")[-1], engine.until("done", "error")[-1])}
    assert {told["event"] for told in ends.values()} == {"done"}
    assert ends["trn_other"]["steps"] == 50
    assert ends["trn_content"]["steps"] == 30 if earlier else 30 < ends["trn_content"]["steps"] < 400
