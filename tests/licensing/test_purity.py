"""The rules see nothing but what they are given: no framework, no clock, no disk, no network, no chance."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import licensing

FOLDER = Path(licensing.__file__).parent
MODULES = sorted(FOLDER.rglob("*.py"))
ALLOWED = sys.stdlib_module_names | {"licensing", "rfc8785", "cryptography"}
WORLDLY = {"io", "os", "pathlib", "random", "secrets", "shutil", "socket", "subprocess", "tempfile", "time", "urllib"}
CLOCKS = {"now", "utcnow", "today"}
COMMAND_LINE = {FOLDER / "command.py", *(FOLDER / "commands").glob("*.py")}


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield (node.module or "").partition(".")[0]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(FOLDER)))
def test_a_module_needs_nothing_from_outside(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set(imported(tree))
    assert names <= ALLOWED
    if path not in COMMAND_LINE:
        assert not names & WORLDLY
        called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)]
        assert not {function.attr for function in called if isinstance(function, ast.Attribute)} & CLOCKS
        assert "open" not in {function.id for function in called if isinstance(function, ast.Name)}
