import signal
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from atelier.devstack.stack import EVERYTHING
from tests.devstack.launcher import Launcher, database, run, with_services

# What the stores answer to a command that knows nothing but its environment.
REACH_EVERYTHING = """
import os, smtplib, urllib.request
import boto3, psycopg, redis
from urllib.parse import urlsplit
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("SELECT uuidv7() IS NOT NULL, current_database()").fetchone())
with redis.Redis.from_url(os.environ["VALKEY_URL"]) as client:
    print(client.config_get("maxmemory-policy"), client.config_get("appendonly"))
s3 = boto3.client("s3", endpoint_url=os.environ["S3_ENDPOINT_URL"], region_name=os.environ["S3_REGION"],
    aws_access_key_id=os.environ["S3_ACCESS_KEY"], aws_secret_access_key=os.environ["S3_SECRET_KEY"])
print(sorted(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]))
with smtplib.SMTP("127.0.0.1", urlsplit(os.environ["EMAIL_URL"]).port) as smtp:
    print(smtp.noop()[0])
urllib.request.urlopen(os.environ["STRIPE_API_BASE"] + "/_control").close()
raise SystemExit(7)
"""

COUNT = """
import os, psycopg
with psycopg.connect(os.environ["DATABASE_URL"]) as connection:
    print(connection.execute("SELECT number FROM kept").fetchone())
"""


@pytest.fixture
def launched(var: Path) -> Iterator[Callable[..., Launcher]]:
    started: list[Launcher] = []

    def launch(*arguments: str) -> Launcher:
        started.append(Launcher(*arguments))
        return started[-1]

    yield launch
    for launcher in started:
        launcher.close()


def waiting(var: Path, sign: Path, names: str = "valkey") -> list[str]:
    """A command that has a daemon of its own and then waits."""
    script = f"setsid sleep 1000 & touch {sign}; sleep 1000"
    return ["run", "--var", str(var), "--volatile", "--only", names, "--", "bash", "-c", script]


def test_the_command_finds_every_store_and_its_code_is_ours(var: Path) -> None:
    done = with_services("stores", var, sys.executable, "-c", REACH_EVERYTHING)
    assert done.returncode == 7, done.stderr
    assert done.stdout.splitlines() == [
        "(True, 'atelier')",
        "{'maxmemory-policy': 'noeviction'} {'appendonly': 'yes'}",
        "['atelier-material', 'atelier-models', 'atelier-quarantine']",
        "250",
    ]
    assert (var / "state.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.stack
def test_kill_9_of_the_launcher_leaves_nothing(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    """Everything at once: pool children of celery, workers of uvicorn, PostgreSQL under another name, a daemon of the command's own."""
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign, ",".join(EVERYTHING)))
    launcher.until(sign)
    running = " ".join(launcher.left())
    assert all(word in running for word in ("postgres", "valkey-server", "weed", "worker -", "beat", "spawn_main", "sleep 1000"))
    launcher.send(signal.SIGKILL)
    psutil.wait_procs(launcher.seen.values(), timeout=60)
    assert launcher.left() == []


def test_the_data_is_whole_after_kill_9(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign, "postgres"))
    launcher.until(sign)
    with psycopg.connect(database(var), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    launcher.send(signal.SIGKILL)
    psutil.wait_procs(launcher.seen.values(), timeout=60)
    again = with_services("postgres", var, sys.executable, "-c", COUNT)
    assert again.stdout == "(7,)\n", again.stderr


def test_ctrl_c_lets_the_command_finish_and_stops_everything(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign)[:-1], f"trap 'touch {sign}.finished; exit 3' INT; touch {sign}; sleep 1000 & wait")
    launcher.until(sign)
    launcher.press_ctrl_c()
    code, error = launcher.end()
    assert code == 128 + signal.SIGINT, error
    assert Path(f"{sign}.finished").exists()
    assert launcher.left() == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(var: Path, tmp_path: Path, launched: Callable[..., Launcher], number: signal.Signals) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign))
    launcher.until(sign)
    launcher.send(number)
    assert launcher.end()[0] == 128 + number
    assert launcher.left() == []


def test_a_service_that_dies_is_named_and_everything_stops(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign))
    launcher.until(sign)
    (valkey,) = [process for process in launcher.seen.values() if process.name() == "valkey-server"]
    valkey.send_signal(signal.SIGTERM)
    code, error = launcher.end()
    assert code == 1
    assert "valkey ended with code" in error
    assert "bye bye" in error  # from the last lines of its log
    assert launcher.left() == []


def test_a_folder_has_one_launcher_at_a_time(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign))
    launcher.until(sign)
    second = with_services("valkey", var, "true")
    assert second.returncode == 1
    assert f"in use by the launcher with pid {launcher.process.pid}" in second.stderr
    printed = run("env", "--var", str(var))
    assert f"export DATABASE_URL={database(var)}\n" in printed.stdout


def test_the_environment_of_a_stopped_stack_is_refused(var: Path) -> None:
    done = run("env", "--var", str(var))
    assert (done.returncode, "no stack is running" in done.stderr) == (1, True)


def test_a_taken_port_is_named_with_the_variable_to_set(var: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = with_services("valkey", var, "true", ATELIER_PORT_VALKEY=str(port))
    assert done.returncode == 1
    assert done.stderr == f"devstack: port {port} for valkey is taken; set ATELIER_PORT_VALKEY to another one\n"


def test_nothing_to_run_is_refused(var: Path) -> None:
    done = run("run", "--var", str(var), "--")
    assert (done.returncode, "give a command" in done.stderr) == (1, True)


def test_a_live_key_in_the_shell_never_reaches_the_command(var: Path) -> None:
    done = with_services("stripe", var, "bash", "-c", "echo $STRIPE_API_KEY", STRIPE_API_KEY="sk_live_of_somebody")
    assert done.stdout.startswith("sk_test_")
    other = with_services("stripe", var, "true", STRIPE_SECRET_KEY="sk_live_of_somebody")
    assert other.returncode == 1
    assert "STRIPE_SECRET_KEY holds a live key" in other.stderr


def test_an_unknown_service_is_refused_by_name(var: Path) -> None:
    done = with_services("valkey,rabbitmq", var, "true")
    assert (done.returncode, "no such service: rabbitmq" in done.stderr) == (2, True)
