import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from atelier.devstack.cli import execute
from atelier.devstack.ports import FIXED, choose, variable
from atelier.devstack.stack import Stack
from tests.devstack.launcher import Launcher, database, run
from tests.devstack.receiver import eventually


@pytest.fixture
def launched(var: Path) -> Iterator[Callable[..., Launcher]]:
    started: list[Launcher] = []

    def launch(*arguments: str, **more: str) -> Launcher:
        started.append(Launcher(*arguments, **more))
        return started[-1]

    yield launch
    for launcher in started:
        launcher.close()


def waiting(var: Path, sign: Path, names: str = "valkey") -> list[str]:
    """A command that has a daemon of its own and then waits."""
    script = f"setsid sleep 1000 & touch {sign}; sleep 1000"
    return ["run", "--var", str(var), "--volatile", "--only", names, "--", "bash", "-c", script]


def test_the_code_of_the_command_is_ours(var: Path) -> None:
    done = run("run", "--var", str(var), "--only", "valkey", "--", "bash", "-c", "echo $VALKEY_URL; exit 7")
    assert (done.returncode, done.stdout.startswith("redis://")) == (7, True)


@pytest.mark.stack
def test_kill_9_of_the_launcher_leaves_nothing(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    """With what is hard to reach: celery's pool children, uvicorn's workers, PostgreSQL under another name."""
    sign, names = tmp_path / "sign", "postgres,valkey,s3,worker-io,web"
    launcher = launched(*waiting(var, sign, names))
    launcher.until(sign)
    running = " ".join(launcher.left())
    assert all(word in running for word in ("postgres", "valkey-server", "weed", "worker", "spawn_main", "sleep 1000")), running
    launcher.send(signal.SIGKILL)
    psutil.wait_procs(launcher.seen.values(), timeout=60)
    assert launcher.left() == []


def test_a_person_is_told_where_everything_is_until_ctrl_c(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign, port = tmp_path / "sign", str(choose({}, fixed=False, environ={})["web"])
    fixed = {variable(name): str(choose({}, fixed=False, environ={})[name]) for name in FIXED} | {variable("web"): port}
    launcher = launched("up", "--only", "valkey", "--var", str(var), "--then", f"touch {sign}", **fixed)
    launcher.until(sign)
    eventually(lambda: f"http://127.0.0.1:{port}\n" in launcher.told() and "Ctrl-C stops everything" in launcher.told())
    launcher.press_ctrl_c()
    assert launcher.end()[0] == 0
    assert launcher.left() == []


def test_what_should_follow_the_start_and_fails_stops_everything(var: Path, launched: Callable[..., Launcher]) -> None:
    fixed = {variable(name): str(choose({}, fixed=False, environ={})[name]) for name in FIXED}
    done = run("up", "--only", "valkey", "--var", str(var), "--then", "bash -c 'exit 9'", **fixed)
    assert done.returncode == 9


def test_after_kill_9_the_next_start_waits_for_the_rest(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign, "postgres"))
    launcher.until(sign)
    with psycopg.connect(database(var), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 7 AS number")
    launcher.send(signal.SIGKILL)
    launcher.process.wait()
    with Stack(var, ("postgres",)) as stack, psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        assert connection.execute("SELECT number FROM kept").fetchone() == (7,)
    assert launcher.left() == []


def test_ctrl_c_lets_the_command_finish_and_stops_everything(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign)[:-1], f"trap 'touch {sign}.finished; exit 3' INT; touch {sign}; sleep 1000 & wait")
    launcher.until(sign)
    launcher.press_ctrl_c()
    code, told = launcher.end()
    assert code == 128 + signal.SIGINT, told
    assert Path(f"{sign}.finished").exists()
    assert launcher.left() == []


def test_a_signal_stops_everything(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign))
    launcher.until(sign)
    launcher.send(signal.SIGHUP)
    assert launcher.end()[0] == 128 + signal.SIGHUP
    assert launcher.left() == []


def test_a_service_that_dies_is_named_and_comes_back(var: Path, tmp_path: Path, launched: Callable[..., Launcher]) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign))
    launcher.until(sign)
    (valkey,) = [process for process in launcher.seen.values() if process.name() == "valkey-server"]
    valkey.kill()
    eventually(lambda: "valkey        ended with code 137 by itself" in launcher.told(), within=60)

    def again() -> bool:
        launcher.look()
        return any(process.pid != valkey.pid and "valkey-server" in _name(process) for process in launcher.seen.values())

    eventually(again, within=60)
    launcher.press_ctrl_c()
    assert launcher.end()[0] == 128 + signal.SIGINT
    assert launcher.left() == []


def _name(process: psutil.Process) -> str:
    try:
        return process.name()
    except psutil.NoSuchProcess:
        return ""


def test_a_folder_has_one_launcher_at_a_time(
    var: Path, tmp_path: Path, launched: Callable[..., Launcher], capsys: pytest.CaptureFixture[str]
) -> None:
    sign = tmp_path / "sign"
    launcher = launched(*waiting(var, sign))
    launcher.until(sign)
    assert execute(["run", "--var", str(var), "--", "true"]) == 1
    assert f"in use by the launcher with pid {launcher.process.pid}" in capsys.readouterr().err
    assert execute(["env", "--var", str(var)]) == 0
    assert f"export DATABASE_URL={database(var)}\n" in capsys.readouterr().out
