"""Whether a process lives (/health), and whether it can do its work (/ready): what a supervisor and a balancer ask."""

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse

from . import store

BROKER_SECONDS = 2
# Asked more often than this, the last answer is given again: whoever asks without end must not keep the stores busy.
FRESH_SECONDS = 1.0


def health(request: HttpRequest) -> JsonResponse:
    """200 as long as this process answers at all."""
    return JsonResponse({"ok": True})


def ready(request: HttpRequest) -> JsonResponse:
    """200 when everything that it needs is there, 503 otherwise; which of it is missing stands in `checks`.

    `notes` is what somebody should look at although pages can be served.
    """
    checks, notes = _checked()
    fine = all(check["ok"] for check in checks.values())
    answer = JsonResponse({"ready": fine, "checks": checks, "notes": notes}, status=200 if fine else 503)
    answer["Cache-Control"] = "no-store"
    return answer


Answers = dict[str, dict[str, Any]]
_last: tuple[float, tuple[Answers, Answers] | None] = (0.0, None)


def _checked() -> tuple[Answers, Answers]:
    global _last
    at, found = _last
    if found is None or time.monotonic() - at > FRESH_SECONDS:
        found = _asked(CHECKS), _asked(NOTES)
        _last = time.monotonic(), found
    return found


def _asked(checks: dict[str, Callable[[], object]]) -> Answers:
    return {name: _check(ask) for name, ask in checks.items()}


def _check(ask: Callable[[], object]) -> dict[str, Any]:
    """Never raises: whatever goes wrong is the answer, by the name of its kind alone, for anybody may read it."""
    began = time.monotonic()
    try:
        ask()
    except Exception as error:
        return {"ok": False, "problem": type(error).__name__}
    return {"ok": True, "milliseconds": round(1000 * (time.monotonic() - began))}


class NotMigrated(Exception):
    """The database is older than this code."""


class NoSpace(Exception):
    """Less is free on the disk than READY_FREE_BYTES."""


def database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


_migrated: list[bool] = []


def migrations() -> None:
    """Once they are all applied they stay so for as long as this process runs."""
    if _migrated:
        return
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise NotMigrated
    _migrated.append(True)


def broker() -> None:
    with redis.Redis.from_url(settings.VALKEY_URL, socket_timeout=BROKER_SECONDS, socket_connect_timeout=BROKER_SECONDS) as client:
        client.ping()


def objects() -> None:
    store.client().head_bucket(Bucket=store.bucket(store.MODELS))


def disk() -> None:
    folder = next(each for each in (settings.ENGINE_DIR, *Path(settings.ENGINE_DIR).parents) if each.exists())
    if shutil.disk_usage(folder).free < settings.READY_FREE_BYTES:
        raise NoSpace


CHECKS: dict[str, Callable[[], object]] = {
    "database": database,
    "migrations": migrations,
    "broker": broker,
    "store": objects,
    "disk": disk,
}
# Apps add to these when they are ready.
NOTES: dict[str, Callable[[], object]] = {}
