"""Start `python -m atelier.devstack` as a person does, and watch its processes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import psutil

from atelier.devstack.wheels import REPOSITORY, SOURCE_ROOTS
from tests.devstack.receiver import eventually

MODULE = [sys.executable, "-m", "atelier.devstack"]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, SOURCE_ROOTS)), **more}


def run(*arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*MODULE, *arguments], env=environment(**more), capture_output=True, text=True, timeout=120, cwd=REPOSITORY)


class Launcher:
    """One that is running, in a process group of its own, as from a shell."""

    def __init__(self, *arguments: str, **more: str) -> None:
        self._output = TemporaryFile("w+")  # noqa: SIM115 closed by close()
        self.process = subprocess.Popen(
            [*MODULE, *arguments],
            env=environment(**more),
            cwd=REPOSITORY,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self.seen: dict[int, psutil.Process] = {}

    def until(self, file: Path) -> None:
        """Wait for a sign of life, written by the command that it runs."""
        eventually(lambda: file.exists() or self.process.poll() is not None, within=120)
        assert file.exists(), self.told()
        self.look()

    def told(self) -> str:
        self._output.seek(0)
        return self._output.read()

    def look(self) -> None:
        for process in psutil.Process(self.process.pid).children(recursive=True):
            self.seen[process.pid] = process

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def end(self) -> tuple[int, str]:
        """Its exit code, and what it told."""
        return self.process.wait(60), self.told()

    def left(self) -> list[str]:
        """Command lines of what still runs of everything that was ever seen below the launcher."""
        return [" ".join(process.cmdline()) for process in self.seen.values() if _alive(process)]

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self._output.close()
        eventually(lambda: not self.left(), within=60)


def _alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def database(var: Path) -> str:
    """What DATABASE_URL must be, from the secrets on disk."""
    state: dict[str, Any] = json.loads((var / "state.json").read_text())
    return f"postgresql://atelier:{state['secrets']['postgres']}@127.0.0.1:{state['ports']['postgres']}/atelier"
