"""What a reader sees when something may not be or has gone wrong."""

from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from atelier.kit import faults
from atelier.kit.refused import Refused

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (403, "This door is not yours"),
        (404, "There is nothing here"),
        (410, "This was taken back"),
        (429, "Too fast"),
        (409, "This cannot be done"),
    ],
)
def test_a_refusal_on_a_page_is_a_page_with_its_status(client: Client, monkeypatch: pytest.MonkeyPatch, status: int, words: str) -> None:
    def refuse(*_: object) -> None:
        raise Refused("no_entry", "Ask the owner first.", status=status)

    monkeypatch.setattr("atelier.catalog.queries.offering", refuse)
    answer = client.get("/en/catalogue/off_1")
    text = answer.content.decode()
    assert (answer.status_code, answer["Content-Type"]) == (status, "text/html; charset=utf-8")
    assert words in text and "Ask the owner first." in text and "no_entry" in text


def test_the_api_goes_on_answering_with_a_problem(client: Client) -> None:
    answer = client.get("/api/v1/tiers/nonsense")
    assert (answer.status_code, answer["Content-Type"]) == (404, "application/problem+json")


def test_an_unknown_address_is_answered_in_the_language_of_the_address(client: Client) -> None:
    assert "Il n’y a rien ici" in client.get("/nulle-part").content.decode()
    assert "There is nothing here" in client.get("/en/nowhere").content.decode()


def test_a_fault_of_ours_is_a_page_that_asks_the_database_nothing(monkeypatch: pytest.MonkeyPatch, django_assert_num_queries: Any) -> None:
    def broken(request: HttpRequest) -> HttpResponse:
        raise RuntimeError("a bug")

    monkeypatch.setattr("atelier.catalog.views.Shown", broken)
    client = Client(raise_request_exception=False)
    monkeypatch.setattr("atelier.catalog.queries.catalogue", broken)
    with django_assert_num_queries(0):
        answer = client.get("/")
    assert answer.status_code == 500 and "C’est de notre faute" in answer.content.decode()


def test_a_form_from_elsewhere_is_refused_as_a_page() -> None:
    answer = Client(enforce_csrf_checks=True).post("/accounts/login/", {"login": "a@example.org", "password": "x"})
    assert answer.status_code == 403 and "Ce formulaire est resté ouvert trop longtemps" in answer.content.decode()


def test_a_bad_request_has_its_page(rf: RequestFactory) -> None:
    from django.contrib.auth.models import AnonymousUser
    from django.contrib.messages.storage.cookie import CookieStorage

    request: Any = rf.get("/")
    request.user, request._messages = AnonymousUser(), CookieStorage(request)
    assert faults.bad_request(request, ValueError()).status_code == 400
