"""The head line of the drills in its short form. The long one is `make drills`."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from atelier.devstack.wheels import REPOSITORY

LONGEST = 600  # seconds; a machine that does other things as well


@pytest.mark.timeout(LONGEST + 60)
def test_a_few_jobs_under_faults_are_each_done_once_and_counted_once(tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    command = [sys.executable, "-m", "tests.drills", "--quick", "--json", str(report), "--var", str(tmp_path / "stack")]
    played = subprocess.run(command, cwd=REPOSITORY, env=os.environ, capture_output=True, text=True, timeout=LONGEST)
    assert report.exists(), played.stdout + played.stderr
    (drill,) = json.loads(report.read_text())["drills"]
    assert drill["ok"], drill
    assert played.returncode == 0
