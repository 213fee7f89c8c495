"""What somebody is told when it is our fault."""

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

pytestmark = pytest.mark.django_db


def away(*_: Any, **__: Any) -> None:
    raise OperationalError("the database system is starting up")


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False, HTTP_ACCEPT_LANGUAGE="en")


def test_a_program_hears_that_the_database_is_away_and_that_it_may_try_again(visitor: Client) -> None:
    with connection.execute_wrapper(away):
        answer = visitor.get("/api/v1/catalogue")
    assert (answer.status_code, answer["Content-Type"], answer["Retry-After"]) == (503, "application/problem+json", "5")
    assert answer.json()["code"] == "database_away"


def test_a_person_gets_a_page_that_needs_no_database(visitor: Client) -> None:
    with connection.execute_wrapper(away):
        answer = visitor.get("/en/catalogue")
    assert answer.status_code == 503 and "Back in a moment" in answer.content.decode()


def test_a_bug_is_a_problem_of_its_own(visitor: Client) -> None:
    def bug(*_: Any, **__: Any) -> None:
        raise RuntimeError("nobody thought of this")

    with connection.execute_wrapper(bug):
        answer = visitor.get("/api/v1/catalogue")
    assert (answer.status_code, answer.json()["code"]) == (500, "broken")
    assert "nobody thought of this" not in answer.content.decode()
