"""The repository as these tests read it."""

import ast
import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = {"atelier": ROOT / "platform" / "atelier", "finetune": ROOT / "finetune", "licensing": ROOT / "licensing"}
TEXT = {".py", ".md", ".toml", ".txt", ".yml", ".yaml", ".json", ".html", ".css", ".js", ".po", ".env", ""}


@cache
def files() -> tuple[Path, ...]:
    """Every file that git keeps or would keep."""
    listed = subprocess.run(
        ["git", "-c", "core.quotepath=off", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return tuple(ROOT / name for name in sorted(listed.stdout.split("\0")) if name and (ROOT / name).is_file())


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        if path.suffix in TEXT:
            yield path.relative_to(ROOT), path.read_text()


def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


def assigned(path: Path, name: str) -> Any:
    """The literal that a module assigns to `name`, without running the module."""
    for statement in ast.parse(path.read_text()).body:
        if isinstance(statement, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in statement.targets):
            return ast.literal_eval(statement.value)
    raise LookupError(f"{path} assigns no {name}")


def imported(path: Path) -> set[str]:
    """The top-level names of the absolute imports anywhere in a module."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


def production() -> dict[str, str]:
    """The environment of `make check`."""
    lines = (ROOT / ".ci" / "production.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def python(*arguments: str, env: Mapping[str, str] | None = None, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    """Run Python on this tree, set up as in production."""
    roots = f"{ROOT}{os.pathsep}{ROOT / 'platform'}"
    complete = {**os.environ, **production(), "PYTHONPATH": roots, **(env or {})}
    return subprocess.run([sys.executable, *arguments], cwd=cwd, env=complete, capture_output=True, text=True)
