import shutil
import sys
from pathlib import Path

import pytest

from .tree import PACKAGES, ROOT, assigned, imported, pyproject, python

LICENSING_MAY_IMPORT = {"cryptography", "rfc8785", "licensing"}


def lint(tree: Path) -> tuple[int, str]:
    command = "import sys; from importlinter.cli import lint_imports_command as lint; sys.argv = ['lint-imports', '--no-cache']; lint()"
    done = python("-c", command, env={"PYTHONPATH": f"{tree}:{tree / 'platform'}"}, cwd=tree)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("platform", "finetune", "licensing"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=lambda _, names: [name for name in names if not _is_source(name)])
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _is_source(name: str) -> bool:
    return name.endswith(".py") or ("." not in name and name != "__pycache__")


def test_the_contracts_hold() -> None:
    code, said = lint(ROOT)
    assert code == 0, said


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("platform/atelier/surprise/__init__.py", "X = 1\n"),
        ("platform/atelier/kit/wrong.py", "from atelier.licences import actions\n"),
        ("platform/atelier/library/wrong.py", "from atelier.material import actions\n"),
        ("platform/atelier/trainings/wrong.py", "from finetune.training import loop\n"),
        ("platform/atelier/api/wrong.py", "from atelier.devstack.stack import Stack\n"),
        ("platform/atelier/devstack/wrong.py", "from atelier.accounts.models import User\n"),
        ("finetune/wrong.py", "import django\n"),
        ("licensing/wrong.py", "from finetune import job\n"),
    ],
    ids=lambda value: value if "/" in value else "",
)
def test_a_module_on_the_wrong_step_or_on_none_breaks_a_contract(copy: Path, file: str, text: str) -> None:
    (copy / file).parent.mkdir(exist_ok=True)
    (copy / file).write_text(text)
    code, said = lint(copy)
    assert code == 1 and Path(file).stem.replace("__init__", "surprise") in said, said


def test_every_app_is_installed_and_has_its_step() -> None:
    folders = {path.parent.name for path in PACKAGES["atelier"].glob("*/apps.py")}
    installed = {
        name.removeprefix("atelier.")
        for name in assigned(PACKAGES["atelier"] / "settings.py", "INSTALLED_APPS")
        if name.startswith("atelier.")
    }
    staircase = next(contract for contract in pyproject()["tool"]["importlinter"]["contracts"] if contract["type"] == "layers")
    steps = {step.strip() for layer in staircase["layers"] for step in layer.split("|")}
    assert staircase["exhaustive"] and "exhaustive_ignores" not in staircase
    assert folders == installed
    assert installed < steps


def test_licensing_needs_the_standard_library_and_two_packages() -> None:
    outside = set().union(*(imported(path) for path in PACKAGES["licensing"].rglob("*.py"))) - sys.stdlib_module_names
    assert outside <= LICENSING_MAY_IMPORT
