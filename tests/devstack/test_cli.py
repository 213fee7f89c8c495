"""What a person is told when a command cannot be carried out."""

import socket
from pathlib import Path

import pytest

from atelier.devstack.cli import execute
from atelier.devstack.errors import StackError
from atelier.devstack.ports import choose
from atelier.devstack.stack import Stack


def test_the_environment_of_a_stopped_stack_is_refused(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["env", "--var", str(var)]) == 1
    assert capsys.readouterr().err == f"devstack: no stack is running in {var}\n"


def test_a_taken_port_is_named_with_the_variable_to_set(
    var: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    port = choose({}, fixed=False, environ={})["valkey"]
    monkeypatch.setenv("ATELIER_PORT_VALKEY", str(port))
    with socket.create_server(("127.0.0.1", port)):
        assert execute(["run", "--var", str(var), "--", "true"]) == 1
    assert capsys.readouterr().err == f"devstack: port {port} for valkey is taken; set ATELIER_PORT_VALKEY to another one\n"


def test_nothing_to_run_is_refused(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["run", "--var", str(var), "--"]) == 1
    assert "give a command to run" in capsys.readouterr().err


def test_an_unknown_service_is_refused_by_name(var: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        execute(["run", "--var", str(var), "--only", "valkey,rabbitmq", "--", "true"])
    assert "no such service: rabbitmq" in capsys.readouterr().err


def test_the_payments_of_a_stack_are_never_real(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STRIPE_API_KEY", "sk_live_of_somebody")
    with Stack(var, ("stripe",)) as stack:
        assert stack.env["STRIPE_API_KEY"].startswith("sk_test_")
    monkeypatch.setenv("STRIPE_SECRET_KEY", "sk_live_of_somebody")
    with pytest.raises(StackError, match="STRIPE_SECRET_KEY holds a live key"):
        Stack(var, ("stripe",)).start()
