from collections.abc import Iterator
from typing import Any

import pytest

from tests.world import World

from .real import Studio


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
