import io
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from atelier.demo import progress
from atelier.demo.trouble import Trouble


def message(number: int, **event: Any) -> bytes:
    return f"id: {number}-0\ndata: {json.dumps(event)}\n\n".encode()


class Line(httpx.SyncByteStream):
    """What one connection brings before it breaks or ends."""

    def __init__(self, *messages: bytes, breaks: bool = False) -> None:
        self.messages, self.breaks = messages, breaks

    def __iter__(self) -> Iterator[bytes]:
        yield from self.messages
        if self.breaks:
            raise httpx.ReadError("the line broke")


def server(*lines: Line) -> tuple[httpx.Client, list[str | None]]:
    """A server that answers each connection with the next line, and the Last-Event-ID that each of them brought."""
    asked: list[str | None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        return httpx.Response(200, stream=lines[len(asked) - 1])

    return httpx.Client(transport=httpx.MockTransport(answer), base_url="http://atelier"), asked


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "PAUSE", 0)


def test_after_a_broken_line_it_goes_on_behind_the_last_event_that_it_saw() -> None:
    first = Line(message(1, event="phase", name="load"), b": still here\n\n", message(2, event="phase", name="encode"), breaks=True)
    second = Line(message(3, event="state", state="done", final=True))
    http, asked = server(first, second)
    seen: list[dict[str, Any]] = []
    progress.follow(http, "/events", seen.append, over=lambda: False)
    assert asked == [None, "2-0"]
    assert [event.get("name") for event in seen] == ["load", "encode", None]


def test_a_stream_that_the_server_ended_early_is_asked_for_again() -> None:
    http, asked = server(Line(message(7, event="phase", name="load")), Line(message(8, event="state", state="failed_user", final=True)))
    progress.follow(http, "/events", lambda event: None, over=lambda: False)
    assert asked == [None, "7-0"]


def test_a_lost_final_event_is_no_reason_to_wait_for_ever() -> None:
    http, asked = server(Line(message(1, event="phase", name="verify"), b": still here\n\n", message(2, event="phase", name="never read")))
    seen: list[dict[str, Any]] = []
    progress.follow(http, "/events", seen.append, over=lambda: True)
    assert [event["name"] for event in seen] == ["verify"]
    assert len(asked) == 1


def test_it_gives_up_on_a_line_that_breaks_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "RECONNECTS", 3)
    http, asked = server(*(Line(breaks=True) for _ in range(3)))
    with pytest.raises(Trouble, match="broke off"):
        progress.follow(http, "/events", lambda event: None, over=lambda: False)
    assert len(asked) == 3


def steps(count: int) -> Iterator[dict[str, Any]]:
    for step in range(1, count + 1):
        yield {"event": "step", "step": step, "steps": count, "loss": 0.5, "seconds_per_step": 0.1}


def test_a_pipe_gets_a_line_now_and_then() -> None:
    out = io.StringIO()
    show = progress.Show(out)
    for event in steps(200):
        show(event)
    assert 5 < len(out.getvalue().splitlines()) <= progress.SHARES + 1


def test_a_terminal_gets_one_line_that_changes() -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    out = Terminal()
    show = progress.Show(out)
    for event in steps(20):
        show(event)
    assert "\n" not in out.getvalue()
    assert out.getvalue().count("\r") == 20
