"""The Django processes, and the Stripe stand-in."""

import sys

from atelier.devstack import probe
from atelier.devstack.environment import WEBHOOK_PATH
from atelier.devstack.folder import Folder
from atelier.devstack.service import Service


def stripe(folder: Folder) -> Service:
    port = folder.ports["stripe"]
    argv = _python("uvicorn", "atelier.devstack.stripe.app:from_environment", "--factory", "--host", "127.0.0.1", "--port", str(port))
    env = {"WEBHOOK_URL": f"http://127.0.0.1:{folder.ports['web']}{WEBHOOK_PATH}"}
    return Service("stripe", argv, env=env, ready=lambda _: probe.http(f"http://127.0.0.1:{port}/_control"))


def web(folder: Folder) -> Service:
    """Without the graceful timeout one open event stream would keep a worker from ever stopping. uvloop, because asyncio leaves Nagle's
    algorithm on for a listening socket that uvicorn hands to its workers, and every answer on a kept connection then takes 40 ms longer."""
    port = folder.ports["web"]
    argv = _python("uvicorn", "atelier.asgi:application", "--host", "127.0.0.1", "--port", str(port), "--workers", "2")
    argv += ("--loop", "uvloop", "--timeout-graceful-shutdown", "2")
    return Service("web", argv, env={"DATABASE_POOL": "20"}, ready=lambda _: probe.http(f"http://127.0.0.1:{port}/ready"))


def worker_io(folder: Folder) -> Service:
    argv = _celery("worker", "-n", "io@%h", "-Q", "io", "-c", "2")
    return Service("worker-io", argv, ready=lambda process: probe.logged(process, " ready."))


def train_worker(name: str) -> tuple[str, ...]:
    """The command of one train worker."""
    return _celery("worker", "-n", f"{name}@%h", "-Q", "train", "-c", "1", "--pool=threads")


def worker_train(folder: Folder, *, threads: int) -> Service:
    """threads: of the numerical libraries; 0 lets them choose (all cores)."""
    env = {"OMP_NUM_THREADS": str(threads)} if threads else {}
    return Service("worker-train", train_worker("train"), env=env, ready=lambda process: probe.logged(process, " ready."))


def beat(folder: Folder) -> Service:
    argv = _celery("beat", "-s", str(folder.path("beat", "schedule")), "--pidfile=")
    return Service("beat", argv, ready=lambda process: probe.logged(process, "beat: Starting"))


# Workers have nothing to say to each other: rows and leases are in the database, slots are told in the broker by ourselves.
ALONE = ("--without-gossip", "--without-mingle")


def _celery(role: str, *options: str) -> tuple[str, ...]:
    alone = ALONE if role == "worker" else ()
    return _python("celery", "-A", "atelier.celery:app", role, "--loglevel=INFO", *alone, *options)


def _python(module: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", module, *arguments)
