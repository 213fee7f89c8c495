"""Everything of the pages that is made rather than written: python frontend/build.py. Quick when nothing has changed.

Node's packages, the bundles in dist/built, the compiled translations, and all static files under hashed names in dist/served.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
STAMP, LOCKED = HERE / "dist" / "stamp", HERE / "node_modules" / "stamp"
MADE = {"node_modules", "dist", "__pycache__"}


def digest(*paths: Path) -> str:
    whole = hashlib.sha256()
    for path in sorted(paths):
        whole.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return whole.hexdigest()


def sources() -> list[Path]:
    written = [path for entry in HERE.iterdir() if entry.name not in MADE for path in ([entry] if entry.is_file() else entry.rglob("*"))]
    kept = [path for path in written if path.is_file() and path.suffix not in {".mo", ".html", ".pyc"}]
    return [*kept, ROOT / "requirements.txt"]


def stale(stamp: Path, now: str) -> bool:
    return not stamp.exists() or stamp.read_text() != now


def run(*command: str, cwd: Path = HERE, **environment: str) -> None:
    here = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(command, cwd=cwd, env={**os.environ, "PATH": here, **environment}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with code {done.returncode}\n{done.stdout}{done.stderr}")


def settings() -> dict[str, str]:
    """Values that open nothing: collecting files asks no server."""
    lines = (ROOT / ".ci" / "production.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def main() -> None:
    """One at a time: who comes while another builds waits, and finds it done."""
    with (HERE / "build.py").open() as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        build()


def build() -> None:
    now, lock = digest(*sources()), digest(HERE / "package-lock.json")
    if not stale(STAMP, now):
        return
    print("Building the pages.", flush=True)
    if stale(LOCKED, lock):
        run("npm", "ci", "--silent")
        LOCKED.write_text(lock)
    shutil.rmtree(HERE / "dist", ignore_errors=True)
    run("node", "build.mjs")
    run(sys.executable, "messages.py", "compile")
    run(sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity", "0", cwd=ROOT, **settings())
    STAMP.write_text(now)


if __name__ == "__main__":
    main()
