import fcntl
import json
import os
import secrets
import shutil
import time
from pathlib import Path
from typing import IO

from atelier.devstack import trust
from atelier.devstack.errors import StackError

SECRETS = (
    *("secret_key", "token_pepper", "fingerprint_key"),
    *("postgres", "postgres_admin", "valkey", "s3", "s3_jwt", "stripe_key", "stripe_webhook"),
)
PARTS = ("state.json", "log", "pg", "valkey", "s3", "mail", "beat", "engine")
STOPPING = 30  # seconds


class Folder:
    """The one place on disk where a stack keeps everything, with its lock."""

    def __init__(self, root: Path) -> None:
        self.root = root.resolve()
        self._lock: IO[str] | None = None
        self.ports: dict[str, int] = {}
        self.secrets: dict[str, str] = {}

    def path(self, *names: str) -> Path:
        return self.root.joinpath(*names)

    def log(self, name: str) -> Path:
        return self.path("log", f"{name}.log")

    def lock(self) -> int:
        """Take the folder for ourselves; the file descriptor goes to every guard, so the lock lasts until the last service is gone."""
        self.root.mkdir(parents=True, exist_ok=True)
        lock = self.path("lock").open("a+")
        deadline = time.monotonic() + STOPPING
        while not _taken(lock):
            lock.seek(0)
            owner = lock.read().strip()
            if _runs(owner) or time.monotonic() > deadline:
                lock.close()
                raise StackError(f"{self.root} is in use by the launcher with pid {owner}, or by services that it left")
            time.sleep(0.1)  # its launcher was killed, and the guards are clearing up
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock
        return lock.fileno()

    def unlock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    def in_use(self) -> bool:
        if not self.path("lock").exists():
            return False
        with self.path("lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    def wipe(self) -> None:
        """Remove what a stack writes here, and nothing else; links are removed, never followed."""
        present = [self.path(part) for part in PARTS if os.path.lexists(self.path(part))]
        if present and not self.path("state.json").is_file():
            raise StackError(f"{self.root} was not made by this launcher (no state.json), so it is not wiped")
        for path in reversed(present):  # state.json last: an interrupted wipe can be repeated
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()

    def load(self) -> None:
        file = self.path("state.json")
        if file.exists():
            state = json.loads(file.read_text())
            self.ports, self.secrets = state["ports"], state["secrets"]

    def save(self) -> None:
        for name in SECRETS:
            self.secrets.setdefault(name, secrets.token_hex(24))
        self.secrets |= trust.missing(self.secrets)
        self.write_private("state.json", json.dumps({"ports": self.ports, "secrets": self.secrets}, indent=1))

    def make(self) -> None:
        for part in ("log", "valkey", "s3", "mail", "beat", "engine"):
            self.path(part).mkdir(exist_ok=True)
        for old in self.path("log").glob("*.log"):
            old.unlink()

    def write_private(self, name: str, text: str) -> Path:
        """Whole or not at all, readable by its owner only."""
        target = self.path(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(target.name + ".draft")
        draft.unlink(missing_ok=True)
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        draft.replace(target)
        return target


def _taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _runs(pid: str) -> bool:
    return pid.isdecimal() and Path("/proc", pid).exists()
