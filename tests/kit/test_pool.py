"""Connections that requests share: as many as there may be, and none that the server has ended."""

import threading
from collections.abc import Callable, Iterator

import pytest
from django.db import OperationalError, connection

from atelier.kit.database.base import DatabaseWrapper

pytestmark = pytest.mark.django_db

SIZE = 3
Wrapped = Callable[[], DatabaseWrapper]


@pytest.fixture
def wrapped() -> Iterator[Wrapped]:
    """One more request's connection, of a pool of three."""
    made: list[DatabaseWrapper] = []

    def one() -> DatabaseWrapper:
        options = {**connection.settings_dict.get("OPTIONS", {}), "pool": {"min_size": SIZE, "max_size": SIZE, "timeout": 5}}
        made.append(DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, connection.alias))
        return made[-1]

    yield one
    for each in made:
        if each.connection is not None:
            each.close()
    made[0].close_pool()


def backend(of: DatabaseWrapper) -> int:
    with of.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def test_what_one_request_gave_back_the_next_one_has(wrapped: Wrapped) -> None:
    taken = set[int]()
    for _ in range(SIZE * 4):
        request = wrapped()
        taken.add(backend(request))
        request.close()
    assert len(taken) <= SIZE


def test_who_comes_when_all_are_in_use_waits_for_one(wrapped: Wrapped) -> None:
    busy, answers = [wrapped() for _ in range(SIZE)], list[int]()
    used = {backend(each) for each in busy}

    def late() -> None:
        request = wrapped()
        answers.append(backend(request))
        request.close()

    thread = threading.Thread(target=late)
    thread.start()
    thread.join(0.3)
    assert not answers and len(used) == SIZE
    for each in busy:
        each.close()
    thread.join(10)
    assert len(answers) == 1 and answers[0] in used


def test_nobody_is_given_a_connection_that_the_server_has_ended(wrapped: Wrapped) -> None:
    requests = [wrapped() for _ in range(SIZE)]
    ended = [backend(each) for each in requests]
    for each in requests:
        each.close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(pid, 5000) FROM unnest(%s) AS pid", [ended])
    for _ in range(SIZE * 2):
        request = wrapped()
        assert backend(request) not in ended
        request.close()


def test_one_that_breaks_at_work_is_told_and_not_handed_on(wrapped: Wrapped) -> None:
    request = wrapped()
    broken = backend(request)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [broken])
    with pytest.raises(OperationalError):
        backend(request)
    request.close()
    assert backend(request) != broken
