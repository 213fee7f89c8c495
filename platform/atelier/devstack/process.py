import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from atelier.devstack.errors import StackError

GUARD = Path(__file__).with_name("guard.py")


class Process:
    """One guarded process (see guard.py). `pid` is the service's own, for tests that want to hurt it.

    The kernel ties the guard to the *thread* that started it: start a Process from a thread that lives as long as it should.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        cwd: Path,
        log: Path | None,
        stop: signal.Signals = signal.SIGTERM,
        grace: float = 10,
        keep_open: Sequence[int] = (),
    ) -> None:
        """With log=None the process shares our terminal and our process group, so that Ctrl-C reaches it."""
        self.name, self.log, self.grace = name, log, grace
        self.log_start = log.stat().st_size if log and log.exists() else 0
        reading, writing = os.pipe()
        session = "own" if log else "shared"
        guard = [sys.executable, "-I", "-S", str(GUARD), str(os.getpid()), str(writing), str(int(stop)), str(grace), session, *argv]
        output = log.open("ab") if log else None
        self._guard = subprocess.Popen(
            guard,
            env=dict(env),
            cwd=cwd,
            stdin=subprocess.DEVNULL if log else None,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            start_new_session=log is not None,
            pass_fds=[writing, *keep_open],
        )
        if output:
            output.close()
        os.close(writing)
        with os.fdopen(reading) as pipe:
            answer = pipe.read()
        if not answer:
            self._guard.wait()
            raise StackError(f"{name} did not start\n{self.last_lines()}")
        self.pid = int(answer)

    def poll(self) -> int | None:
        """None while it runs, then its exit code (128 + n when signal n ended it) once nothing of it is left."""
        return self._guard.poll()

    def wait(self, timeout: float | None = None) -> int:
        return self._guard.wait(timeout)

    def ask_to_stop(self) -> None:
        if self.poll() is None:
            self._guard.terminate()

    def stop(self) -> int:
        self.ask_to_stop()
        return self.wait(self.grace + 10)

    def kill(self, number: signal.Signals = signal.SIGKILL) -> None:
        """Send a signal to the service itself, as an accident would."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def output(self) -> str:
        """What this process has logged since it started."""
        if self.log is None:
            return ""
        with self.log.open("rb") as log:
            log.seek(self.log_start)
            return log.read().decode(errors="replace")

    def last_lines(self, count: int = 15) -> str:
        lines = self.output().splitlines()[-count:]
        return "\n".join(f"    {line}" for line in lines) or "    (it logged nothing)"
