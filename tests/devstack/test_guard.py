"""Nothing that a guard started outlives it, however it was started."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from atelier.devstack.errors import StackError
from atelier.devstack.process import GUARD, Process
from tests.devstack.receiver import eventually

# A service with a grandchild that is orphaned, has a session of its own and ignores every polite signal.
STUBBORN = """
import os, signal, sys, time
if os.fork():
    time.sleep(1000)
os.setsid()
if os.fork():
    os._exit(0)
for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)
open(sys.argv[1], "w").write(str(os.getpid()))
time.sleep(1000)
"""


@pytest.fixture
def stubborn(tmp_path: Path) -> Iterator[tuple[Process, psutil.Process]]:
    sign = tmp_path / "grandchild"
    process = start(tmp_path, "-c", STUBBORN, str(sign))
    eventually(lambda: sign.exists() and sign.read_text())
    yield process, psutil.Process(int(sign.read_text()))
    process.stop()


def start(folder: Path, *arguments: str, stop: signal.Signals = signal.SIGTERM, grace: float = 5) -> Process:
    log = folder / "service.log"
    return Process("service", [sys.executable, *arguments], env=os.environ, cwd=folder, log=log, stop=stop, grace=grace)


def test_stopping_a_service_ends_its_orphans(stubborn: tuple[Process, psutil.Process]) -> None:
    process, grandchild = stubborn
    process.stop()
    assert not grandchild.is_running()


def test_killing_a_service_ends_its_orphans(stubborn: tuple[Process, psutil.Process]) -> None:
    process, grandchild = stubborn
    process.kill()
    assert process.wait(10) == 128 + signal.SIGKILL
    assert not grandchild.is_running()


def test_the_service_gets_its_own_stop_signal(tmp_path: Path) -> None:
    script = "import signal, sys, time\nsignal.signal(signal.SIGINT, lambda *_: sys.exit(42))\nprint('up', flush=True)\ntime.sleep(1000)"
    process = start(tmp_path, "-c", script, stop=signal.SIGINT)
    eventually(lambda: "up" in process.output())
    assert process.stop() == 42


def test_a_service_that_will_not_stop_is_killed(tmp_path: Path) -> None:
    script = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('up', flush=True)\ntime.sleep(1000)"
    process = start(tmp_path, "-c", script, grace=0.2)
    eventually(lambda: "up" in process.output())
    assert process.stop() == 128 + signal.SIGKILL


def test_the_exit_code_is_the_commands(tmp_path: Path) -> None:
    assert start(tmp_path, "-c", "raise SystemExit(7)").wait(10) == 7


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    process = Process("service", ["/no/such/program"], env=os.environ, cwd=tmp_path, log=tmp_path / "log")
    assert process.wait(10) == 127
    assert "/no/such/program" in process.last_lines()


def test_a_guard_whose_parent_is_already_gone_starts_nothing(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    command = [sys.executable, "-I", "-S", str(GUARD), "1", str(writing), "15", "1", "own", "touch", str(tmp_path / "sign")]
    assert subprocess.run(command, pass_fds=[writing]).returncode == 1
    os.close(writing)
    os.close(reading)
    assert not (tmp_path / "sign").exists()


def test_a_process_that_cannot_be_guarded_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("atelier.devstack.process.GUARD", tmp_path / "missing.py")
    with pytest.raises(StackError, match="service did not start"):
        start(tmp_path, "-c", "pass")
