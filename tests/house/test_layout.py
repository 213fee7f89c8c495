import re
import subprocess

import pytest

from .tree import ROOT, files, texts

FOLDERS = {".ci", "docs", "finetune", "frontend", "licensing", "platform", "tests"}
IMAGES = {"docker-compose.yml", "Dockerfile.web", "Dockerfile.worker", ".dockerignore", ".env.example"}
PAGES = {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE"}
TOOLS = {"Makefile", "manage.py", "pyproject.toml", "requirements.txt", ".gitignore"}
VAGUE = {"utils", "util", "helpers", "helper", "common", "misc", "core"}
# The brackets keep the pattern from finding itself.
FOREIGN = re.compile(r"/(work)/(main|shared)|/(tmp)/lab|/(root)/|/(opt)/(wheels|pypi)|--(extra-)?(index)-url|--(find)-links|file:///[o]pt")


def test_platform_is_a_source_root_and_never_a_module() -> None:
    """As a module it would shadow the standard library's `platform`."""
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert {path.name for path in (ROOT / "platform").iterdir() if path.name != "__pycache__"} == {"atelier"}


def test_the_top_level_is_the_one_we_agreed_on() -> None:
    assert {path.relative_to(ROOT).parts[0] for path in files()} <= FOLDERS | IMAGES | PAGES | TOOLS


def test_no_module_has_a_name_that_tells_a_reader_nothing() -> None:
    named = {path for path in files() for part in path.relative_to(ROOT).with_suffix("").parts if part in VAGUE}
    assert not named


@pytest.mark.parametrize("path", ["var/serve/state.json", ".env", ".venv/bin/python", "finetune/__pycache__/job.pyc"])
def test_what_is_made_here_or_secret_stays_out_of_the_repository(path: str) -> None:
    assert subprocess.run(["git", "check-ignore", "--quiet", path], cwd=ROOT).returncode == 0


def test_nothing_names_the_machine_it_was_written_on_or_the_registry_it_was_installed_from() -> None:
    found = [f"{path}: {line.strip()}" for path, text in texts() for line in text.splitlines() if FOREIGN.search(line)]
    assert not found


def test_every_folder_of_tests_is_a_package() -> None:
    """Two test files of one name in two folders would otherwise be one module."""
    folders = {path.parent for path in files() if path.name.startswith("test_") and path.suffix == ".py"}
    assert folders and not [folder for folder in folders if not (folder / "__init__.py").is_file()]
