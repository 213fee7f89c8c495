import http.client
import signal
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg
import redis
from botocore.exceptions import BotoCoreError, ClientError

from atelier.devstack import applications, environment, mail, objectstore, ports, postgres, valkey
from atelier.devstack.errors import StackError
from atelier.devstack.folder import Folder
from atelier.devstack.process import Process
from atelier.devstack.service import NotReady, Service
from atelier.devstack.supervise import Supervisor
from atelier.devstack.wheels import REPOSITORY

STORES = ("postgres", "valkey", "s3", "mail", "stripe")
APPLICATIONS = ("worker-io", "worker-train", "beat", "web")
EVERYTHING = STORES + APPLICATIONS

NOT_YET = (OSError, http.client.HTTPException, psycopg.Error, redis.RedisError, BotoCoreError, ClientError, NotReady)


def silent(name: str, event: str) -> None:
    pass


class Stack:
    """The servers, started in order and stopped in reverse:

        with Stack(folder, services=STORES) as stack:
            stack.env["DATABASE_URL"], stack.url("s3"), stack.pid("valkey"), stack.restart("valkey", kill=True)

    Data in `var` survives unless `fresh`. Start it from a thread that outlives it (see Process). Raises StackError.
    """

    def __init__(
        self,
        var: Path,
        services: Sequence[str] = EVERYTHING,
        *,
        volatile: bool = True,
        fresh: bool = False,
        fixed_ports: bool = False,
        debug: bool = False,
        threads: int = 1,
        extra_env: Mapping[str, str] | None = None,
        say: Callable[[str, str], None] = silent,
    ) -> None:
        """volatile: no fsync (a machine's crash loses data). threads: of the train worker's numerics, 0 = all cores."""
        if unknown := set(services) - set(EVERYTHING):
            raise ValueError(f"no such services: {sorted(unknown)}")
        self.folder = Folder(var)
        self.names = tuple(name for name in EVERYTHING if name in services)
        self._volatile, self._fresh, self._fixed_ports, self._debug = volatile, fresh, fixed_ports, debug
        self._threads, self._extra, self._say = threads, dict(extra_env or {}), say
        self._lock_fd = -1
        self._services: dict[str, Service] = {}
        self._running: dict[str, Process] = {}
        self._supervisor = Supervisor(self)

    # ---- as a whole

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        self._lock_fd = self.folder.lock()
        try:
            self._prepare()
            self._start_all([name for name in STORES if name in self.names])
            applications_wanted = [name for name in APPLICATIONS if name in self.names]
            if applications_wanted:
                self._migrate()
            self._start_all(applications_wanted)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Applications first, then the stores they use. Within each group all at once."""
        for group in (APPLICATIONS, STORES):
            going = [self._running[name] for name in group if name in self._running]
            for process in going:
                process.ask_to_stop()
            for process in going:
                process.stop()
                self._say(process.name, "stopped")
        self._running.clear()
        objectstore.sweep(self.folder)
        self.folder.unlock()

    @property
    def env(self) -> dict[str, str]:
        return {**environment.complete(self.folder, debug=self._debug), **self._extra}

    def url(self, name: str) -> str:
        """Of web, s3 or stripe."""
        return environment.url(self.folder, name)

    def dead(self) -> list[Process]:
        """What has ended by itself."""
        return [process for process in self._running.values() if process.poll() is not None]

    def supervise(self) -> None:
        """To be called every now and then. See Supervisor."""
        self._supervisor.look()

    def tell(self, name: str, event: str) -> None:
        self._say(name, event)

    # ---- one service

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def log(self, name: str) -> Path:
        return self.folder.log(name)

    def kill_service(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        """An accident: the signal goes to the service's main process, its orphans are cleared away, and it stays down."""
        process = self._running.pop(name)
        process.kill(number)
        process.stop()

    def stop_service(self, name: str) -> None:
        self._running.pop(name).stop()

    def start_service(self, name: str) -> None:
        """Start one again, on the same port and data, and wait until it is ready."""
        self.launch(name)
        self._wait(name)

    def restart(self, name: str, *, kill: bool = False) -> None:
        (self.kill_service if kill else self.stop_service)(name)
        self.start_service(name)

    def spawn(self, name: str, argv: Sequence[str], *, own_log: bool = False) -> Process:
        """Run a command in the stack's environment, in our terminal unless it has a log of its own; it ends when we do."""
        log = self.folder.log(name) if own_log else None
        return Process(name, argv, env=self.env, cwd=REPOSITORY if own_log else Path.cwd(), log=log, keep_open=[self._lock_fd])

    # ---- the steps

    def _prepare(self) -> None:
        folder = self.folder
        if self._fresh:
            folder.wipe()
        folder.load()
        folder.ports = ports.choose(folder.ports, fixed=self._fixed_ports)
        folder.save()
        folder.make()
        if "postgres" in self.names:
            postgres.initialise(folder)
        self._services = {service.name: service for service in self._describe()}

    def _describe(self) -> list[Service]:
        folder = self.folder
        return [
            postgres.service(folder, volatile=self._volatile),
            valkey.service(folder),
            objectstore.service(folder, web_url=self.url("web")),
            mail.service(folder),
            applications.stripe(folder),
            applications.worker_io(folder),
            applications.worker_train(folder, threads=self._threads),
            applications.beat(folder),
            applications.web(folder),
        ]

    def _start_all(self, names: Sequence[str]) -> None:
        for name in names:
            self.launch(name)
        for name in names:
            self._wait(name)

    def launch(self, name: str) -> None:
        """Start it, and do not wait until it is ready."""
        service = self._services[name]
        self._running[name] = Process(
            name,
            service.argv,
            env={**self.env, **service.env},
            cwd=REPOSITORY,
            log=self.folder.log(name),
            stop=service.stop,
            grace=service.grace,
            keep_open=[self._lock_fd],
        )

    def _wait(self, name: str) -> None:
        service, process = self._services[name], self._running[name]
        deadline = time.monotonic() + service.start_within
        while True:
            if process.poll() is not None:
                raise StackError(f"{name} ended with code {process.poll()} while starting\n{process.last_lines()}")
            try:
                service.ready(process)
            except NOT_YET as reason:
                if time.monotonic() > deadline:
                    raise StackError(
                        f"{name} is not ready after {service.start_within:.0f} s: {reason}\n{process.last_lines()}"
                    ) from reason
                time.sleep(0.05)
            else:
                self._say(name, "ready")
                return

    def _migrate(self) -> None:
        process = self.spawn("migrate", [sys.executable, "manage.py", "migrate", "--noinput"], own_log=True)
        if code := process.wait():
            raise StackError(f"manage.py migrate ended with code {code}\n{process.last_lines()}")
        self._say("migrate", "done")
