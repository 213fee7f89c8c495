import re
import subprocess

import pytest

from .tree import ROOT

TEXT = (ROOT / "Makefile").read_text()
TARGETS = {"help", "setup", "demo", "serve", "test", "bench", "drills", "check"}


def test_make_alone_explains_every_target() -> None:
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert (
        set(re.findall(r"^  make ([a-z]+)  *\S", said, re.MULTILINE)) == set(re.findall(r"^([a-z]+):.*##", TEXT, re.MULTILINE)) == TARGETS
    )


@pytest.mark.parametrize("target", sorted(TARGETS - {"help", "setup"}))
def test_every_target_sets_up_first(target: str) -> None:
    assert re.search(rf"^{target}: setup ##", TEXT, re.MULTILINE)


def test_a_name_with_spaces_reaches_the_demo_whole() -> None:
    shown = subprocess.run(["make", "-n", "demo", "CLIPS=my clips", "STEPS=7"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert '--clips "$CLIPS"' in shown and '--steps "$STEPS"' in shown


def test_the_integration_run_checks_and_tests() -> None:
    assert subprocess.run(["bash", "-n", ".ci/run"], cwd=ROOT).returncode == 0
    assert "make check test" in (ROOT / ".ci" / "run").read_text()


def test_setting_up_ends_with_the_pages_and_the_browser_that_looks_at_them() -> None:
    recipe = TEXT.partition("\nsetup:")[2].partition("\ndemo:")[0]
    assert [line.split("$(PYTHON) ")[1] for line in recipe.strip().splitlines()[-2:]] == [
        "frontend/build.py",
        "-m atelier.devstack.browser",
    ]


def test_bench_measures_the_engine_the_log_and_the_pages() -> None:
    recipe = TEXT.partition("\nbench:")[2]
    assert "-m finetune bench $(ARGS) --json var/bench/engine.json" in recipe
    assert "-m tests.audit.bench $(ARGS) --json var/bench/audit.json" in recipe
    assert "-m frontend.bench $(ARGS) --json var/bench/pages.json" in recipe
