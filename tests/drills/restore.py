"""The restore drill: a base backup taken while trainings run, and every commit after it kept elsewhere before it is acknowledged.

Then everything is lost. From the backup and the log a server is brought back twice: to its last commit, where all that was acknowledged
is there; and to a moment before a table was dropped, where every table and every object is what it was, and work goes on.

The log is received by a standby that keeps it as files (pg_receivewal), not by an archive command: that one hands over whole segments, so
what stands in the last one would be lost with the server, and the wish to lose little would cost a segment every few seconds.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import psycopg

from atelier.demo import creator
from atelier.demo.trouble import Trouble
from atelier.demo.wire import until
from atelier.devstack.folder import Folder
from atelier.devstack.objectstore import BUCKET_PREFIX, BUCKETS
from atelier.devstack.stack import STORES, Stack
from atelier.devstack.wheels import POSTGRES, REPOSITORY

from .ground import EVERYTHING, LEASE, SERVICES, Ground, Stuck
from .told import Outcome

# Trainings started before the base backup, which it is taken under, and one after it.
BEFORE, STEPS = 2, 60
LATER_STEPS = 6
MARKERS = 10
UNDER_LOAD = 3.0  # seconds of marker rows until everything is lost
PATIENCE = 300.0
RECEIVER = "pg_receivewal"
LOST_TABLE = "trainings_attempt"
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
ROWS = "SELECT count(*), md5(coalesce(string_agg(md5(row::text), '' ORDER BY md5(row::text)), '')) FROM {} AS row"
RECEIVED = "SELECT 1 FROM pg_stat_replication WHERE application_name = %s AND sync_state = 'sync'"
MARKED = "SELECT 'prj_' || replace(id::text, '-', '') FROM trainings_project"
# No setting of the lost server is kept: it would wait for a receiver that is not there. Nobody reads before all is back.
RECOVERY = """hot_standby = off
restore_command = 'cp "{archive}/%f" "%p"'
recovery_target_timeline = 'current'
"""
Facts = dict[str, Any]


class Load(threading.Thread):
    """Marker rows, one after the other, until the server is gone. `kept`: those that were acknowledged."""

    def __init__(self, ground: Ground) -> None:
        super().__init__(daemon=True)
        self.ground, self.kept = ground, list[str]()

    def run(self) -> None:
        try:
            while True:
                self.kept.append(mark(self.ground))
        except Trouble:
            return


class Safe:
    """What is kept elsewhere: the base backup, the log since, and the objects."""

    def __init__(self, ground: Ground) -> None:
        self.stack = ground.stack
        self.root = ground.stack.folder.root.parent / "backup"
        self.base, self.archive, self.objects = (self.root / part for part in ("base", "archive", "objects"))
        shutil.rmtree(self.root, ignore_errors=True)
        for part in (self.archive, self.objects):
            part.mkdir(parents=True)

    @contextmanager
    def receiving(self) -> Iterator[None]:
        """From here on nothing is acknowledged that is not in the archive too. It ends by itself when the server does."""
        self._run(RECEIVER, "--create-slot", "--slot=archive")
        receiver = subprocess.Popen(
            [*self._program(RECEIVER), "--slot=archive", "--synchronous", "--no-loop", f"--directory={self.archive}"],
            env=self._environment,
            stderr=subprocess.DEVNULL,
        )
        try:
            with self.admin() as admin:
                admin.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{RECEIVER}'")
                admin.execute("SELECT pg_reload_conf()")
                until(lambda: admin.execute(RECEIVED, [RECEIVER]).fetchone(), within=PATIENCE, late="the log is not received")
            yield
            receiver.wait(PATIENCE)
        finally:
            receiver.kill()
            receiver.wait()

    def take_base(self) -> tuple[float, float]:
        """Without any of the log, which is the archive's. Returns the seconds that it took, and those of looking it through."""
        began = time.monotonic()
        self._run("pg_basebackup", f"--pgdata={self.base}", "--checkpoint=fast", "--wal-method=none")
        taken = time.monotonic()
        _ran([str(POSTGRES / "pg_verifybackup"), "--no-parse-wal", str(self.base)])
        return taken - began, time.monotonic() - taken

    def copy_objects(self) -> None:
        """After the rows that name them: objects are never changed."""
        store = _store(self.stack)
        for bucket in BUCKETS:
            for number, key in enumerate(_keys(store, bucket)):
                store.download_file(f"{BUCKET_PREFIX}-{bucket}", key, str(self.objects / f"{bucket}-{number}"))
                (self.objects / f"{bucket}-{number}.key").write_text(key)

    def close(self) -> None:
        """The segment that was being received counts as far as it goes; whoever the restored server runs as may read."""
        for part in self.archive.glob("*.partial"):
            part.rename(part.with_suffix(""))
        for path in (self.root, self.archive, *self.archive.iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)

    @contextmanager
    def admin(self) -> Iterator[psycopg.Connection[Any]]:
        folder = self.stack.folder
        where = f"host=127.0.0.1 port={folder.ports['postgres']} user=postgres dbname=atelier"
        with psycopg.connect(where, password=folder.secrets["postgres_admin"], autocommit=True) as connection:
            yield connection

    @property
    def _environment(self) -> dict[str, str]:
        return {"PGPASSWORD": self.stack.folder.secrets["postgres_admin"], "PATH": os.environ["PATH"]}

    def _program(self, name: str) -> list[str]:
        return [str(POSTGRES / name), "--host=127.0.0.1", f"--port={self.stack.folder.ports['postgres']}", "--username=postgres"]

    def _run(self, name: str, *options: str) -> None:
        _ran([*self._program(name), *options], self._environment)


def play(ground: Ground, *, quick: bool) -> Outcome:
    safe, problems = Safe(ground), list[str]()
    with safe.receiving():
        for _ in range(BEFORE):
            ground.start(STEPS)
        until(lambda: ground.states().get("running") or None, within=PATIENCE, late="no training runs")
        took, verified = safe.take_base()
        if not ground.states().get("running"):
            problems.append("nothing ran any more when the base backup was through")
        until(lambda: ground.states() == {"done": BEFORE} or None, within=PATIENCE, late="the trainings are not done")
        ground.leave()
        ground.start(LATER_STEPS)
        kept = [mark(ground) for _ in range(MARKERS)]
        before, moment = _quiet(ground, safe)
        ground.stack.start_service("web")
        load = Load(ground)
        load.start()
        time.sleep(UNDER_LOAD)
        _lose(ground.stack)
        load.join()
    kept += load.kept
    safe.close()
    ended, to_the_end = _to_the_end(safe, kept)
    restored, to_the_moment, waited = _to_the_moment(safe, before, moment)
    objects = sum(name.startswith("object") for name in before)
    figure = (
        f"base backup {took:.1f} s while trainings ran, verified {verified:.1f} s; to the last commit {ended:.1f} s: "
        f"{len(kept)} marker rows acknowledged since the backup, {len(load.kept)} of them under load until the end; to a moment before "
        f"a table was dropped {restored:.1f} s: {len(before) - objects} tables and {objects} objects; what waited was done {waited:.0f} s "
        f"after the start"
    )
    return Outcome(figure, problems + to_the_end + to_the_moment)


def mark(ground: Ground) -> str:
    """A row that the server has acknowledged."""
    return str(ground.bob.post("/projects", {"name": "Marker", **creator.USE})["id"])


def _quiet(ground: Ground, safe: Safe) -> tuple[Facts, datetime]:
    """What stands there while nobody writes, and when that was. Behind that moment a table is dropped, as by mistake."""
    for name in ("web", "beat", "worker-io"):
        ground.stack.stop_service(name)
    safe.copy_objects()
    before = _facts(ground.stack)
    with safe.admin() as admin:
        row = admin.execute("SELECT clock_timestamp()").fetchone()
        assert row
        admin.execute(f"DROP TABLE {LOST_TABLE} CASCADE")
    return before, row[0]


def _lose(stack: Stack) -> None:
    """Everything ends at once, the database first, and nothing of what it kept is left."""
    for name in SERVICES:
        if name not in ("beat", "worker-io"):
            stack.kill_service(name)
    for part in ("pg", "s3"):
        shutil.rmtree(stack.folder.path(part))


# ---- what is brought back


def _to_the_end(safe: Safe, kept: list[str]) -> tuple[float, list[str]]:
    """Seconds, and what is missing of all that was acknowledged. The table that was dropped stays dropped: that was acknowledged too."""
    began = time.monotonic()
    with Stack(_laid(safe, "restored-last"), ("postgres",)) as stack, psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        seconds = time.monotonic() - began
        there = {row for (row,) in connection.execute(MARKED).fetchall()}
        tables = {table for (table,) in connection.execute(TABLES).fetchall()}
    problems = [f"{marker} was acknowledged and is not there" for marker in kept if marker not in there]
    if LOST_TABLE in tables:
        problems.append("the log does not reach to the end: a table that was dropped is there")
    return seconds, problems


def _to_the_moment(safe: Safe, before: Facts, moment: datetime) -> tuple[float, list[str], float]:
    """Seconds, what differs, and how long after the start the training that waited was done."""
    root, began = _laid(safe, "restored", moment), time.monotonic()
    with Stack(root, STORES) as empty:
        _put_objects(empty, safe)
        restored, after = time.monotonic() - began, _facts(empty)
    problems = [
        f"{name} differs: {before.get(name)} before, {after.get(name)} after"
        for name in before | after
        if before.get(name) != after.get(name)
    ]
    extra = {"TRAINING_LEASE_SECONDS": str(LEASE), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    with Stack(root, EVERYTHING, extra_env=extra) as stack:
        waits = time.monotonic()
        until(lambda: _states(stack) == {"done": BEFORE + 1} or None, within=PATIENCE, late="what waited is not done")
        waited = time.monotonic() - waits
        problems += _problems(stack)
    return restored, problems, waited


def _laid(safe: Safe, name: str, moment: datetime | None = None) -> Path:
    """A folder in which a server finds the base backup and where to read on. Secrets are not in the database: whoever keeps a backup
    keeps them too, and elsewhere."""
    root = safe.root.parent / name
    Folder(root).wipe()
    root.mkdir(parents=True, exist_ok=True)
    state = safe.stack.folder.path("state.json").read_bytes()
    with os.fdopen(os.open(root / "state.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(state)
    shutil.copytree(safe.base, root / "pg")
    target = f"recovery_target_time = '{moment.isoformat()}'\nrecovery_target_action = 'promote'\n" if moment else ""
    (root / "pg" / "postgresql.auto.conf").write_text(RECOVERY.format(archive=safe.archive) + target)
    (root / "pg" / "recovery.signal").touch()
    return root


def _put_objects(stack: Stack, safe: Safe) -> None:
    store = _store(stack)
    for named in safe.objects.glob("*.key"):
        bucket = named.name.partition("-")[0]
        store.upload_file(str(named.with_suffix("")), f"{BUCKET_PREFIX}-{bucket}", named.read_text())


def _facts(stack: Stack) -> Facts:
    """Of every table the number of its rows and a digest of them all, and of every object its digest."""
    found: Facts = {}
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        for (table,) in connection.execute(TABLES).fetchall():
            found[f"table {table}"] = connection.execute(ROWS.format(f'"{table}"')).fetchone()  # type: ignore[arg-type]  # our own names
    store = _store(stack)
    for bucket in BUCKETS:
        for key in _keys(store, bucket):
            body = store.get_object(Bucket=f"{BUCKET_PREFIX}-{bucket}", Key=key)["Body"].read()
            found[f"object {bucket}/{key}"] = hashlib.sha256(body).hexdigest()
    return found


def _store(stack: Stack) -> Any:
    env = stack.env
    keys = {"aws_access_key_id": env["S3_ACCESS_KEY"], "aws_secret_access_key": env["S3_SECRET_KEY"], "region_name": env["S3_REGION"]}
    return boto3.client("s3", endpoint_url=env["S3_ENDPOINT_URL"], **keys)


def _keys(store: Any, bucket: str) -> list[str]:
    pages = store.get_paginator("list_objects_v2").paginate(Bucket=f"{BUCKET_PREFIX}-{bucket}")
    return [each["Key"] for page in pages for each in page.get("Contents", [])]


def _states(stack: Stack) -> dict[str, int]:
    stack.supervise()
    with psycopg.connect(stack.env["DATABASE_URL"]) as connection:
        return dict(connection.execute("SELECT state, count(*) FROM trainings_training GROUP BY state").fetchall())


def _problems(stack: Stack) -> list[str]:
    """Ledger, trainings and files as accounts.py judges them, asked of a process that reads the restored stack."""
    ask = "import django; django.setup(); from tests.drills.accounts import problems; print(*problems(), sep='\\n')"
    done = subprocess.run([sys.executable, "-c", ask], env=stack.env, cwd=REPOSITORY, capture_output=True, text=True)
    return done.stdout.split("\n")[:-1] if not done.returncode and done.stdout.strip() else [done.stderr] if done.returncode else []


def _ran(command: list[str], environment: dict[str, str] | None = None) -> None:
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Stuck(f"{Path(command[0]).name}: {done.stderr}")
