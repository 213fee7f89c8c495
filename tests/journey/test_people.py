from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from atelier.demo import wire
from atelier.demo.people import Mailbox, Person
from atelier.demo.trouble import Trouble


def letter(folder: Path, number: int, to: str, body: str) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = to, "Please confirm"
    message.set_content(body)
    (folder / f"{number:03}.eml").write_bytes(message.as_bytes())


def test_she_reads_the_code_that_came_to_her_after_she_asked(tmp_path: Path) -> None:
    letter(tmp_path, 1, "bob@example.org", "Your code:\n\nOLD1-OLD2\n")
    letter(tmp_path, 2, "carol@example.org", "Your code:\n\nHERS-HERS\n")
    letter(tmp_path, 3, "bob@example.org", "Hello, WELL-READ friend.\n")
    letter(tmp_path, 4, "bob@example.org", "Your code:\n\nQ7PT-K3MX\n")
    assert Mailbox(tmp_path, "bob@example.org").code(after=1) == "Q7PT-K3MX"


def test_the_newest_message_has_the_highest_number(tmp_path: Path) -> None:
    assert Mailbox(tmp_path, "bob@example.org").newest() == 0
    letter(tmp_path, 998, "bob@example.org", "")
    letter(tmp_path, 1002, "bob@example.org", "")
    assert Mailbox(tmp_path, "bob@example.org").newest() == 1002


def person(answers: Callable[[httpx.Request], httpx.Response]) -> Person:
    bob = Person("bob", "http://atelier", Path(), "secret")
    bob.http = httpx.Client(base_url="http://atelier", transport=httpx.MockTransport(answers))
    return bob


def test_a_repeated_post_carries_the_same_idempotency_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "PAUSE", 0)
    keys: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        keys.append(request.headers["Idempotency-Key"])
        return httpx.Response(503) if len(keys) == 1 else httpx.Response(201, json={"id": "ord_1"})

    bob = person(answer)
    assert bob.post("/orders")["id"] == "ord_1"
    assert bob.post("/orders")["id"] == "ord_1"
    assert keys[0] == keys[1] != keys[2]


def test_a_problem_becomes_a_trouble_with_its_code_and_its_fields() -> None:
    problem = {"code": "invalid", "detail": "Some fields are not right.", "errors": {"steps": ["too many"]}}
    bob = person(lambda request: httpx.Response(422, json=problem))
    with pytest.raises(Trouble, match="too many") as caught:
        bob.post("/quotes")
    assert caught.value.code == "invalid"


def test_a_failure_without_a_problem_is_told_by_its_status_and_never_by_the_query_of_a_signed_link() -> None:
    bob = person(lambda request: httpx.Response(500, text="<html>"))
    with pytest.raises(Trouble, match="GET http://atelier/api/v1/me answered 500") as caught:
        bob.get("/me", signature="secret")
    assert "secret" not in str(caught.value)


def test_a_list_is_read_to_its_last_page() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if "cursor" in request.url.params:
            return httpx.Response(200, json={"next": None, "results": [{"id": 2}]})
        return httpx.Response(200, json={"next": "http://atelier/api/v1/models?cursor=x", "results": [{"id": 1}]})

    assert [row["id"] for row in person(answer).all("/models")] == [1, 2]
