"""What is kept between two runs, and what --fresh forgets."""

import socket
from pathlib import Path

import pytest
import redis

from atelier.devstack import ports
from atelier.devstack.errors import StackError
from atelier.devstack.folder import Folder
from atelier.devstack.stack import Stack


def valkey(stack: Stack) -> redis.Redis:
    return redis.Redis.from_url(stack.env["VALKEY_URL"])


def remember(stack: Stack) -> None:
    with valkey(stack) as client:
        client.set("film", "Metropolis")


def recall(stack: Stack) -> object:
    with valkey(stack) as client:
        return client.get("film")


def test_data_ports_and_secrets_survive(var: Path) -> None:
    with Stack(var, ("valkey",)) as first:
        remember(first)
        address = first.env["VALKEY_URL"]
    with Stack(var, ("valkey",)) as second:
        assert recall(second) == b"Metropolis"
        assert second.env["VALKEY_URL"] == address


def test_fresh_forgets_the_data_and_nothing_else(var: Path) -> None:
    mine = var / "notes.txt"
    with Stack(var, ("valkey",)) as first:
        remember(first)
    mine.write_text("keep me")
    with Stack(var, ("valkey",), fresh=True) as second:
        assert recall(second) is None
    assert mine.read_text() == "keep me"


def test_fresh_follows_no_link(var: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "clip.mp4").touch()
    (var / "state.json").write_text("{}")
    (var / "mail").symlink_to(elsewhere)
    Folder(var).wipe()
    assert list(var.iterdir()) == []
    assert (elsewhere / "clip.mp4").exists()


def test_fresh_leaves_a_folder_alone_that_is_not_a_stacks(var: Path) -> None:
    (var / "mail").mkdir()
    (var / "mail" / "letter").touch()
    with pytest.raises(StackError, match="not made by this launcher"):
        Stack(var, ("valkey",), fresh=True).start()
    assert (var / "mail" / "letter").exists()


def test_the_lock_is_given_back_after_a_refusal(var: Path) -> None:
    test_fresh_leaves_a_folder_alone_that_is_not_a_stacks(var)
    assert not Folder(var).in_use()


def test_a_remembered_port_that_is_now_taken_is_replaced() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        chosen = ports.choose({"valkey": port}, fixed=False, environ={})
    assert chosen["valkey"] != port


def test_free_ports_differ_and_leave_room_for_the_twins_of_the_object_store() -> None:
    chosen = ports.choose({}, fixed=False, environ={})
    assert set(chosen) == set(ports.NAMES)
    twins = {port + ports.TWIN for port in chosen.values()}
    assert len(set(chosen.values()) | twins) == 2 * len(chosen)


def test_a_person_finds_the_site_where_it_always_is() -> None:
    asked = {"ATELIER_PORT_WEB": "18123", "ATELIER_PORT_S3": "18124", "ATELIER_PORT_STRIPE": "18125"}
    chosen = ports.choose({"web": 12345}, fixed=True, environ=asked)
    assert (chosen["web"], chosen["s3"], chosen["stripe"]) == (18123, 18124, 18125)
    assert ports.FIXED["web"] == 8000


@pytest.mark.parametrize("text", ["80", "65000", "web", "-1", "1e4"])
def test_a_port_that_cannot_be_is_refused_by_name(text: str) -> None:
    with pytest.raises(StackError, match=f"ATELIER_PORT_S3={text} is not a port"):
        ports.choose({}, fixed=False, environ={"ATELIER_PORT_S3": text})


def test_a_choice_of_ports_is_not_handed_on_to_a_stack_inside_the_stack(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    port = ports.choose({}, fixed=False, environ={})["valkey"]
    monkeypatch.setenv("ATELIER_PORT_VALKEY", str(port))
    with Stack(var, ("valkey",)) as stack:
        assert stack.folder.ports["valkey"] == port
        assert [name for name in stack.env if name.startswith("ATELIER_PORT_")] == []
