import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
from psycopg import sql

from atelier.devstack.errors import StackError
from atelier.devstack.folder import Folder
from atelier.devstack.service import Service
from atelier.devstack.wheels import POSTGRES

NOBODY = 65534
IN_USER_NAMESPACE = ("unshare", "--user", "--map-user=1000", "--map-group=1000")
AS_NOBODY = ("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "--pdeathsig", "INT")

# For data that nobody will miss: a crash of the machine may lose it, a kill -9 of the server may not (synchronous_commit=off would).
VOLATILE = ("fsync=off", "full_page_writes=off")


def service(folder: Folder, *, volatile: bool) -> Service:
    """SIGINT is PostgreSQL's fast shutdown; on SIGTERM it would wait for its last client."""
    settings = ["listen_addresses=127.0.0.1", "unix_socket_directories=", "max_connections=200", "timezone=UTC", "log_timezone=UTC"]
    settings += VOLATILE if volatile else ()
    options = [word for setting in settings for word in ("-c", setting)]
    argv = (*_unprivileged(), str(POSTGRES / "postgres"), "-D", str(folder.path("pg")), "-p", str(folder.ports["postgres"]), *options)
    return Service("postgres", argv, ready=lambda _: _set_up(folder), stop=signal.SIGINT, grace=20)


def initialise(folder: Folder) -> None:
    data = folder.path("pg")
    owner = NOBODY if _unprivileged() == AS_NOBODY else os.geteuid()
    if not (data / "PG_VERSION").exists():
        shutil.rmtree(data, ignore_errors=True)  # an initdb that was interrupted
        data.mkdir(mode=0o700)
        os.chown(data, owner, -1)
        _initdb(data, folder, owner)
    _give(data, owner)


def _initdb(data: Path, folder: Folder, owner: int) -> None:
    password = folder.write_private("postgres.password", folder.secrets["postgres_admin"])
    os.chown(password, owner, -1)
    command = [str(POSTGRES / "initdb"), "-D", str(data), "-U", "postgres", f"--pwfile={password}", "-A", "scram-sha-256", "-E", "UTF8"]
    command += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", "--no-sync"]
    done = subprocess.run([*_unprivileged(), *command], capture_output=True, text=True)
    password.unlink()
    if done.returncode:
        raise StackError(f"initdb failed:\n{done.stderr}")


def _unprivileged() -> tuple[str, ...]:
    """PostgreSQL refuses to run as root: give it another name in a user namespace, or make it nobody where namespaces are forbidden."""
    if os.geteuid() != 0:
        return ()
    allowed = subprocess.run([*IN_USER_NAMESPACE, "true"], capture_output=True).returncode == 0
    return IN_USER_NAMESPACE if allowed else AS_NOBODY


def _give(data: Path, owner: int) -> None:
    """The folder may have been filled in the other of the two ways."""
    if data.stat().st_uid != owner or (data / "PG_VERSION").stat().st_uid != owner:
        for path in (data, *data.rglob("*")):
            os.chown(path, owner, -1, follow_symlinks=False)


def _set_up(folder: Folder) -> None:
    """Ready means: we can sign in, and the product's own role and database exist. The role may create databases, for the tests."""
    where = f"host=127.0.0.1 port={folder.ports['postgres']} user=postgres dbname=postgres connect_timeout=2"
    with psycopg.connect(where, password=folder.secrets["postgres_admin"], autocommit=True) as connection:
        if connection.execute("SELECT 1 FROM pg_roles WHERE rolname = 'atelier'").fetchone() is None:
            password = sql.Literal(folder.secrets["postgres"])
            connection.execute(sql.SQL("CREATE ROLE atelier LOGIN CREATEDB PASSWORD {}").format(password))
        if connection.execute("SELECT 1 FROM pg_database WHERE datname = 'atelier'").fetchone() is None:
            connection.execute("CREATE DATABASE atelier OWNER atelier")
