"""The cast: alice owns a studio, bob creates, carol is a stranger, dave audits. Everything runs on the real stores of `make test`."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as examples

from .world import World

# The same examples at every run: a build fails for what was changed in it, not by luck (--hypothesis-seed=N draws others). A busy machine
# is slow at random; no test here is about time.
examples.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
examples.load_profile("steady")


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> None:
    """The test database, also for tests that commit without pytest-django's marker. It goes with the stack that holds it."""
    from django.test.utils import setup_databases

    with django_db_blocker.unblock():
        setup_databases(verbosity=0, interactive=False, serialized_aliases=set())


@pytest.fixture(scope="session", autouse=True)
def unbuilt() -> Iterator[None]:
    """Pages are tested without a front-end build: static files keep the names that templates give them."""
    from django.conf import settings
    from django.test.utils import override_settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    with override_settings(STORAGES=settings.STORAGES | {"staticfiles": plain}):
        yield


@pytest.fixture
def world(db: None) -> World:
    """People, a studio, a published base with three tiers. Rolled back after the test."""
    return World()


@pytest.fixture
def committed(django_db_setup: None, django_db_blocker: Any) -> Iterator[World]:
    """The same, really committed, for tests with threads. Nothing is cleaned up: every world is its own tenant."""
    with django_db_blocker.unblock():
        from django.db import connection

        yield World()
        connection.close()


@pytest.fixture
def alice(world: World) -> Any:
    return world.alice


@pytest.fixture
def bob(world: World) -> Any:
    return world.bob


@pytest.fixture
def carol(world: World) -> Any:
    return world.carol


@pytest.fixture
def dave(world: World) -> Any:
    return world.dave


@pytest.fixture
def studio(world: World) -> Any:
    return world.studio


@pytest.fixture
def tier(world: World) -> Any:
    return world.tier()


@pytest.fixture
def licence(world: World) -> Any:
    return world.licence()


@pytest.fixture
def client_of() -> Callable[[Any], Any]:
    """An API client signed in as the person."""
    from .world import client_of

    return client_of


@pytest.fixture
def run_outbox() -> Callable[[], int]:
    from .world import run_outbox

    return run_outbox
