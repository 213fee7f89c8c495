import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.world import World

from .real import Studio

ENGINE = """#!{python}
import json, sys, time
print(json.dumps({{"event": "ready", "job": "", "device": "cpu"}}), flush=True)
for line in sys.stdin:
    order = json.loads(line)
    for each in order.get("jobs", ()):
        job = each["id"]
        {deed}
"""


@pytest.fixture(scope="session")
def sealed_studio(django_db_setup: None, django_db_blocker: Any) -> Studio:
    """One committed world with real files for all tests of this folder; each test grants itself a licence."""
    with django_db_blocker.unblock():
        return Studio(World())


@pytest.fixture
def real(sealed_studio: Studio, django_db_blocker: Any) -> Iterator[Studio]:
    from django.db import connection

    with django_db_blocker.unblock():
        yield sealed_studio
        connection.close()


@pytest.fixture(scope="module")
def engine_ends() -> Iterator[None]:
    """For tests that let the engine run: its process stays warm between them and ends with the file."""
    yield
    from atelier.trainings import seat

    seat.kill_engine()


@pytest.fixture
def engine_that(settings: Any, tmp_path: Path) -> Iterator[Callable[[str], None]]:
    """Gives the worker an engine that does this with every job; `job` is its id."""
    from atelier.trainings import seat

    def give(deed: str) -> None:
        script = tmp_path / "engine"
        script.write_text(ENGINE.format(python=sys.executable, deed=deed))
        script.chmod(0o755)
        seat.kill_engine()
        settings.ENGINE_PYTHON = str(script)

    yield give
    seat.kill_engine()
