"""The restore drill: a dump of the database and a copy of the object store, put into an empty stack, are what was; work goes on."""

import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
import psycopg

from atelier.devstack.folder import Folder
from atelier.devstack.objectstore import BUCKET_PREFIX, BUCKETS
from atelier.devstack.stack import STORES, Stack
from atelier.devstack.wheels import POSTGRES, REPOSITORY

from .ground import EVERYTHING, LEASE, Ground, Stuck
from .told import Outcome

STEPS = 6
DONE = 2
PATIENCE = 300.0
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename"
ROWS = "SELECT count(*), md5(coalesce(string_agg(md5(row::text), '' ORDER BY md5(row::text)), '')) FROM {} AS row"
Facts = dict[str, Any]


def play(ground: Ground, *, quick: bool) -> Outcome:
    """Some trainings are done and one waits when the backup is taken; then all of it is gone."""
    for _ in range(DONE):
        ground.start(STEPS)
    _until(lambda: ground.states() == {"done": DONE}, "the trainings are not done")
    ground.leave()
    ground.start(STEPS)
    for name in ("web", "beat", "worker-io"):  # so that the rows can be compared with what stands there afterwards
        ground.stack.stop_service(name)
    kept = ground.stack.folder.root.parent / "backup"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()
    began = time.monotonic()
    _back_up(ground.stack, kept)
    backed_up = time.monotonic() - began
    before = _facts(ground.stack)
    ground.stack.stop()
    return _restored(ground, kept, before, backed_up)


def _restored(ground: Ground, kept: Path, before: Facts, backed_up: float) -> Outcome:
    """Secrets are not in the database: whoever keeps a backup keeps them too, and elsewhere."""
    root, began = ground.stack.folder.root.parent / "restored", time.monotonic()
    _secrets(ground.stack, root)
    with Stack(root, STORES) as empty:
        _restore(empty, kept)
        restored, after = time.monotonic() - began, _facts(empty)
    problems = [
        f"{name} differs: {before.get(name)} before, {after.get(name)} after"
        for name in before | after
        if before.get(name) != after.get(name)
    ]
    extra = {"TRAINING_LEASE_SECONDS": str(LEASE), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE"}
    with Stack(root, EVERYTHING, extra_env=extra) as stack:
        waits = time.monotonic()
        _until(lambda: _states(stack) == {"done": DONE + 1}, "what waited at the backup is not done")
        waited = time.monotonic() - waits
        problems += _problems(stack)
    objects = sum(name.startswith("object") for name in before)
    figure = (
        f"{len(before) - objects} tables and {objects} objects: backed up in {backed_up:.1f} s, back in {restored:.1f} s; "
        f"the training that waited was done {waited:.0f} s after the start"
    )
    return Outcome(figure, problems)


def _secrets(stack: Stack, root: Path) -> None:
    Folder(root).wipe()
    root.mkdir(parents=True, exist_ok=True)
    state = stack.folder.path("state.json").read_bytes()
    with os.fdopen(os.open(root / "state.json", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(state)


def _back_up(stack: Stack, kept: Path) -> None:
    """The rows first: what they name is in the store by then, and objects are never changed."""
    _postgres(stack, "pg_dump", "--format=custom", f"--file={kept / 'rows'}", "atelier")
    store = _store(stack)
    for bucket in BUCKETS:
        for number, key in enumerate(_keys(store, bucket)):
            store.download_file(f"{BUCKET_PREFIX}-{bucket}", key, str(kept / f"{bucket}-{number}"))
            (kept / f"{bucket}-{number}.key").write_text(key)


def _restore(stack: Stack, kept: Path) -> None:
    _postgres(stack, "pg_restore", "--exit-on-error", "--dbname=atelier", str(kept / "rows"))
    store = _store(stack)
    for named in kept.glob("*.key"):
        bucket = named.name.partition("-")[0]
        store.upload_file(str(named.with_suffix("")), f"{BUCKET_PREFIX}-{bucket}", named.read_text())


def _postgres(stack: Stack, program: str, *options: str) -> None:
    environment = {"PGPASSWORD": stack.folder.secrets["postgres_admin"], "PATH": os.environ["PATH"]}
    where = ("--host=127.0.0.1", f"--port={stack.folder.ports['postgres']}", "--username=postgres")
    done = subprocess.run([str(POSTGRES / program), *where, *options], env=environment, capture_output=True, text=True)
    if done.returncode:
        raise Stuck(f"{program}: {done.stderr}")


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


def _until(what: Any, late: str) -> None:
    until = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > until:
            raise Stuck(late)
        time.sleep(0.2)
