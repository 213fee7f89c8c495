"""Runs the probe as a child process that can reach neither network nor secrets. Of it we believe an exit code and a bounded JSON.

Under bubblewrap where it works: no network, no processes but its own, and of the file system Python, this package, the file and an empty
folder. Elsewhere under the limits that the probe puts on itself; a warning in the log says so.
"""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import atelier

from . import words
from .models import Kind
from .problems import SENTENCES, Problem

log = logging.getLogger(__name__)
N = TypeVar("N", int, float)
SOURCE_ROOT = Path(atelier.__file__).resolve().parents[1]
SECONDS = 60
MOST_ANSWER_BYTES = 16 << 10
MOST_PICTURE_BYTES = 2 << 20
MOST_PICTURES = 100
SUFFIXES = {Kind.VIDEO: (".mp4", ".mov", ".mkv", ".webm"), Kind.IMAGE: (".png", ".jpg", ".webp")}
# A decoder that ran into a limit or a wall clock, against one that broke.
SPENT = (signal.SIGXCPU, signal.SIGKILL, signal.SIGXFSZ)


@dataclass(frozen=True)
class Facts:
    """What the probe found in a usable file."""

    kind: str
    suffix: str
    width: int
    height: int
    frames: int
    fps: float
    duration: float
    thumb: bytes
    filmstrip: bytes
    looked_at: int
    faces_in: int


def probe(file: Path, folder: Path) -> Facts:
    """Facts about `file`, with its pictures; `folder` is scratch. Raises Problem for an unusable file, RuntimeError for a broken probe."""
    out = folder / "probe"
    out.mkdir()
    code, answer, complaint = _run(_command(file, out), folder)
    if -code in SPENT:
        raise Problem("TOO_HEAVY")
    if code < 0:
        raise Problem("DAMAGED", f"the decoder stopped with signal {-code}")
    if code:
        raise RuntimeError(f"the probe itself failed with exit code {code}: {complaint}")
    return _believed(answer, out)


def _run(command: list[str], folder: Path) -> tuple[int, bytes, str]:
    """Exit code (negative: signal), what it said, and the end of what it complained about."""
    said, complained = folder / "stdout", folder / "stderr"
    with said.open("wb") as stdout, complained.open("wb") as stderr:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr, env=_environment(), cwd=folder, start_new_session=True
        )
        try:
            code = child.wait(SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, signal.SIGKILL)
            code = child.wait()
    with said.open("rb") as stdout:
        answer = stdout.read(MOST_ANSWER_BYTES)
    # bubblewrap reports a signal as a shell does.
    return (128 - code if code > 128 else code), answer, complained.read_text(errors="replace")[-500:]


def _environment() -> dict[str, str]:
    """Nothing of ours: the parent's environment holds the store's keys."""
    return {"PYTHONPATH": str(SOURCE_ROOT), "PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "LANG": "C.UTF-8"}


def _command(file: Path, out: Path) -> list[str]:
    probe = [sys.executable, "-P", "-m", "atelier.material.probe", str(file), str(out)]
    return [*_walls(file, out), *probe] if bubblewrap() else probe


def _walls(file: Path, out: Path) -> list[str]:
    """bubblewrap's arguments. Paths stay what they are, so that Python finds its own."""
    seen = dict.fromkeys(str(path) for path in (sys.prefix, sys.base_prefix, SOURCE_ROOT / "atelier"))
    shown = [part for path in seen for part in ("--ro-bind", path, path)]
    system = [
        part
        for path in ("/lib", "/lib64", "/usr/lib", "/bin", "/etc/ld.so.cache", "/sys/devices/system/cpu")
        for part in ("--ro-bind-try", path, path)
    ]
    own = ["--ro-bind", str(file), str(file), "--bind", str(out), str(out), "--chdir", str(out)]
    alone = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--dev", "/dev"]
    return [str(bubblewrap()), *alone, *system, *shown, *own]


@cache
def bubblewrap() -> str | None:
    """Its path, if it is installed and this machine lets it work (containers often do not)."""
    path = shutil.which("bwrap")
    if path and subprocess.run([path, "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True).returncode == 0:
        return path
    log.warning("bubblewrap is not usable here: uploaded files are probed under resource limits only")
    return None


def _believed(answer: bytes, out: Path) -> Facts:
    """The answer, held against what a probe may say: it came from a process that has read a stranger's file."""
    try:
        found = json.loads(answer)
        if not found["ok"]:
            raise Problem(found["code"] if found["code"] in SENTENCES else "DAMAGED", words.shown(str(found["found"])[:80]))
        return _facts(found, out)
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError, OSError) as error:
        raise Problem("DAMAGED", "the check gave no clear answer") from error


def _facts(found: dict[str, Any], out: Path) -> Facts:
    kind = Kind(found["kind"])
    if found["suffix"] not in SUFFIXES[kind]:
        raise ValueError("suffix")
    width, height, frames = (_within(int(found[name]), 1, 1 << 20) for name in ("width", "height", "frames"))
    fps, duration = _within(float(found["fps"]), 0, 1000), _within(float(found["duration"]), 0, 3600)
    strip = _picture(out / "filmstrip.jpg") if kind == Kind.VIDEO else b""
    looked_at = _within(int(found["looked_at"]), 1, MOST_PICTURES)
    faces_in = _within(int(found["faces_in"]), 0, looked_at)
    return Facts(kind, found["suffix"], width, height, frames, fps, duration, _picture(out / "thumb.jpg"), strip, looked_at, faces_in)


def _within(value: N, least: float, most: float) -> N:
    if not least <= value <= most:
        raise ValueError(value)
    return value


def _picture(path: Path) -> bytes:
    """A JPEG of bounded size. The probe could have left a link to somewhere else."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    with os.fdopen(descriptor, "rb") as file:
        data = file.read(MOST_PICTURE_BYTES + 1)
    if not data.startswith(b"\xff\xd8\xff") or len(data) > MOST_PICTURE_BYTES:
        raise ValueError("picture")
    return data
