"""Webhooks: signed as the specification says, retried, switched off, and never a way into our own network."""

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import uuid4

import pytest
from django.db.models import F
from django.test import Client

from atelier.api import hooks, outward
from atelier.api.models import Delivery, Hook
from atelier.kit import news
from atelier.kit.models import Message
from atelier.kit.refused import Refused
from tests.world import client_of, run_outbox

PAGE = "/en/account/webhooks"
FACTS = {"training": "trn_1", "state": "done"}


class Receiver:
    """Somebody's program: keeps what it is sent, and answers with `code`."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.code = 204
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.code)
                self.send_header("Location", receiver.url("/elsewhere"))
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def url(self, path: str = "/hook") -> str:
        return f"http://127.0.0.1:{self.server.server_port}{path}"


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    found = Receiver()
    settings.HOOKS_MAY_REACH = [f"127.0.0.1:{found.server.server_port}"]
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def hook(bob: Any, receiver: Receiver) -> Hook:
    return hooks.register(owner=bob, url=receiver.url())


def again(delivery: Delivery) -> Delivery:
    """Runs the retry that waits, as if its pause were over."""
    Message.objects.filter(name="api.deliver", done_at=None).update(due_at=F("created_at"))
    run_outbox()
    delivery.refresh_from_db()
    return delivery


def test_it_signs_as_the_specification_does() -> None:
    body = b'{"event_type":"ping","data":{"success":true}}'
    signed = hooks.sign("whsec_plJ3nmyCDGBKInavdOK15jsl", "msg_loFOjxBNrRLzqYUf", 1731705121, body)
    assert signed == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_what_happens_to_its_owner_arrives_signed_and_once(bob: Any, carol: Any, hook: Hook, receiver: Receiver) -> None:
    for person in (bob, carol):
        news.tell(person=person.pk, kind="training.done", facts=FACTS)
    run_outbox()
    [(headers, body)] = receiver.got
    delivery = Delivery.objects.get(hook=hook)
    assert json.loads(body) == {"type": "training.done", "timestamp": delivery.created_at.isoformat(), "data": FACTS}
    assert headers["webhook-id"] == delivery.public_id
    assert headers["webhook-signature"] == hooks.sign(hooks.secret(hook), delivery.public_id, int(headers["webhook-timestamp"]), body)
    assert (delivery.code, delivery.attempts) == (204, 1) and delivery.arrived_at is not None
    hooks.deliver(delivery=str(delivery.pk), attempt=1)
    assert len(receiver.got) == 1


def test_one_that_does_not_answer_well_is_tried_again_with_the_same_id_and_content(bob: Any, hook: Hook, receiver: Receiver) -> None:
    receiver.code = 503
    news.tell(person=bob.pk, kind="training.done", facts=FACTS)
    hooks.deliver(delivery=str(Delivery.objects.get().pk), attempt=1)
    delivery = Delivery.objects.get()
    assert (delivery.code, delivery.arrived_at) == (503, None) and delivery.next_at is not None
    assert delivery.tried_at is not None and delivery.next_at - delivery.tried_at == hooks.PAUSES[0]
    hook.refresh_from_db()
    assert hook.failing_since is not None
    receiver.code = 200
    assert again(delivery).arrived_at is not None
    (first, body), (second, same) = receiver.got
    assert (first["webhook-id"], body) == (second["webhook-id"], same)
    hook.refresh_from_db()
    assert (hook.failing_since, hook.off_at) == (None, None)


def test_it_gives_an_event_up_after_the_last_pause(hook: Hook, receiver: Receiver) -> None:
    receiver.code = 500
    delivery = hooks._send(hook, "training.done", FACTS)
    for _ in range(len(hooks.PAUSES) + 3):
        again(delivery)
    assert (delivery.attempts, delivery.next_at) == (len(hooks.PAUSES) + 1, None)
    assert len(receiver.got) == len(hooks.PAUSES) + 1


@pytest.mark.parametrize(("code", "days"), [(500, 6), (410, 0)])
def test_what_fails_for_days_or_is_gone_is_switched_off_and_its_owner_is_told(
    hook: Hook, receiver: Receiver, mailoutbox: Any, code: int, days: int
) -> None:
    receiver.code = 500
    delivery = hooks._send(hook, "training.done", FACTS)
    hooks.deliver(delivery=str(delivery.pk), attempt=1)
    Hook.objects.update(failing_since=F("failing_since") - timedelta(days=days))
    receiver.code = code
    hooks.deliver(delivery=str(delivery.pk), attempt=2)
    hook.refresh_from_db()
    assert hook.off_at is not None
    assert [mail.to for mail in mailoutbox] == [[hook.owner.email]] and "/account/webhooks" in mailoutbox[0].body
    news.tell(person=hook.owner_id, kind="training.done", facts=FACTS)
    assert Delivery.objects.count() == 1
    hooks.switch_on(hook=hook)
    news.tell(person=hook.owner_id, kind="training.done", facts=FACTS)
    assert Delivery.objects.count() == 2


def test_a_test_is_sent_once_and_a_failed_one_switches_nothing_off(hook: Hook, receiver: Receiver) -> None:
    receiver.code = 500
    delivery = hooks.try_out(hook=hook)
    run_outbox()
    again(delivery)
    hook.refresh_from_db()
    assert (delivery.attempts, delivery.code, hook.failing_since) == (1, 500, None)


def test_tests_are_limited(hook: Hook) -> None:
    for _ in range(hooks.MOST_TESTS):
        hooks.try_out(hook=hook)
    with pytest.raises(Refused, match="too_many_tests"):
        hooks.try_out(hook=hook)


@pytest.mark.parametrize(
    "url",
    [
        "https://127.0.0.1/",
        "https://10.1.2.3/hook",
        "https://169.254.169.254/latest/meta-data/",
        "https://[::1]/",
        "https://[fd00::1]/",
        "https://[fe80::1]/",
        "https://[::ffff:192.168.0.1]/",
        "https://[64:ff9b::a00:1]/",
        "https://[2002:a00:1::]/",
        "https://0.0.0.0/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://224.0.0.1/",
        "http://8.8.8.8/hook",
        "ftp://8.8.8.8/hook",
        "https://bob:secret@8.8.8.8/",
        "https://8.8.8.8:0/",
        "https://8.8.8.8:99999/",
        "https://8.8.8.8\\@127.0.0.1/",
        "https://8.8.8.8/a b",
        "https://8.8.8.8/\r\nHost: x",
        "https:///hook",
        "https://" + "a" * 300 + "/",
        "javascript:alert(1)",
        "",
    ],
)
def test_an_address_that_is_not_public_https_is_refused(bob: Any, url: str) -> None:
    with pytest.raises(Refused, match="bad_address"):
        hooks.register(owner=bob, url=url)
    assert not Hook.objects.exists()


def test_a_name_that_leads_into_our_network_by_the_time_it_is_told_gets_nothing(bob: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(outward, "_addresses", lambda host, port: ["93.184.215.14"])
    hook = hooks.register(owner=bob, url="https://rebound.example/hook")
    monkeypatch.setattr(outward, "_addresses", lambda host, port: ["93.184.215.14", "127.0.0.1"])
    connected: list[Any] = []
    monkeypatch.setattr(outward.socket, "create_connection", lambda *args, **kwargs: connected.append(args))
    delivery = hooks._send(hook, "training.done", FACTS)
    hooks.deliver(delivery=str(delivery.pk), attempt=1)
    delivery.refresh_from_db()
    assert (delivery.problem, connected) == ("bad_address", [])


def test_it_connects_to_the_address_that_was_looked_at(monkeypatch: Any) -> None:
    looked: list[str] = []
    monkeypatch.setattr(outward, "_addresses", lambda host, port: looked.append(host) or ["93.184.215.14"])
    connected: list[Any] = []

    def connect(to: tuple[str, int], timeout: float) -> Any:
        connected.append(to)
        raise OSError

    monkeypatch.setattr(outward.socket, "create_connection", connect)
    with pytest.raises(outward.Unreachable, match="no_answer"):
        outward.post("https://hook.example/x", {}, b"{}")
    assert (looked, connected) == (["hook.example"], [("93.184.215.14", 443)])


def test_a_redirect_is_an_answer_and_is_not_followed(hook: Hook, receiver: Receiver) -> None:
    receiver.code = 307
    assert outward.post(receiver.url(), {}, b"{}") == 307
    assert len(receiver.got) == 1


def test_who_says_nothing_is_cut_off(monkeypatch: Any, settings: Any) -> None:
    monkeypatch.setattr(outward, "WHOLE_SECONDS", 0.2)
    silent = outward.socket.create_server(("127.0.0.1", 0))
    port = silent.getsockname()[1]
    settings.HOOKS_MAY_REACH = [f"127.0.0.1:{port}"]
    with silent, pytest.raises(outward.Unreachable):
        outward.post(f"http://127.0.0.1:{port}/", {}, b"{}")


def test_the_secret_is_told_once_by_the_api_and_is_in_no_table(bob: Any, receiver: Receiver) -> None:
    client = client_of(bob)
    made = client.post("/api/v1/hooks", {"url": receiver.url()}, format="json")
    assert made.status_code == 201
    hook = Hook.objects.get()
    assert made.json()["secret"] == hooks.secret(hook)
    listed = client.get("/api/v1/hooks").json()
    assert "secret" not in json.dumps(listed) and hook.public_id in json.dumps(listed)
    assert client.post("/api/v1/hooks", {"url": receiver.url()}, format="json").json()["code"] == "known_already"


def test_there_are_at_most_so_many(bob: Any) -> None:
    for number in range(hooks.MOST):
        hooks.register(owner=bob, url=f"https://8.8.8.8/{number}")
    with pytest.raises(Refused, match="too_many"):
        hooks.register(owner=bob, url="https://8.8.8.8/more")


def test_the_page_shows_the_secret_once_and_then_what_was_answered(bob: Any, receiver: Receiver) -> None:
    client = Client()
    client.force_login(bob)
    first = client.post(PAGE, {"url": receiver.url()}, follow=True).content.decode()
    hook = Hook.objects.get()
    assert hooks.secret(hook).replace("+", "&#x2B;") in first or hooks.secret(hook) in first
    assert "whsec_" not in client.get(PAGE).content.decode()
    client.post(f"{PAGE}/{hook.public_id}/test")
    run_outbox()
    assert "answered 204" in client.get(PAGE).content.decode()
    wrong = client.post(PAGE, {"url": "https://127.0.0.1/"})
    assert wrong.status_code == 422 and "private network" in wrong.content.decode()
    client.post(f"{PAGE}/{hook.public_id}/remove")
    assert not Hook.objects.exists()


def test_an_unknown_person_s_news_is_nobody_s(hook: Hook) -> None:
    news.tell(person=uuid4(), kind="training.done", facts=FACTS)
    assert not Delivery.objects.exists()
