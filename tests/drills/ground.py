"""Where drills happen: the whole stack with several train workers, a creator with a licence and a sealed dataset, all real."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from types import TracebackType
from typing import Any, Self

import psycopg

from atelier.demo import clips, creator, studio
from atelier.demo.journey import SCOPES, cast
from atelier.demo.people import Person
from atelier.demo.surroundings import Surroundings
from atelier.devstack.applications import train_worker
from atelier.devstack.process import Process
from atelier.devstack.stack import EVERYTHING, Stack
from finetune.data.draw import draw

LEASE = 3.0
TIER = "Plateau"
WORKERS = 2
OPENED_WITHIN = 120.0
METRICS_TOKEN = "drill-metrics"
# Everything but the train workers, of which a ground has several of its own.
SERVICES = [name for name in EVERYTHING if name != "worker-train"]


class Stuck(Exception):
    """What a drill waits for does not come."""


class Ground:
    """`with Ground(var) as ground`: the servers run, bob may train. `workers` are train workers, brought back by `supervise`; with `narrow`
    at most two trainings share a pass, so that a few are not over all at once."""

    def __init__(self, var: Path, *, workers: int = WORKERS, volatile: bool = True, narrow: bool = False) -> None:
        self.wanted = self.hired = workers
        extra = {"TRAINING_LEASE_SECONDS": str(LEASE), "OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "PASSIVE", "METRICS_TOKEN": METRICS_TOKEN}
        if narrow:
            extra["TRAININGS_PER_PASS"] = "2"
        self.stack = Stack(var, SERVICES, fresh=True, volatile=volatile, extra_env=extra)
        self.workers: dict[str, Process] = {}

    def __enter__(self) -> Self:
        self.stack.start()
        try:
            self.supervise()
            self.people = cast(Surroundings.from_environment(self.stack.env))
            self._lay()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def _end(self) -> None:
        for worker in self.workers.values():
            worker.kill()
            worker.stop()
        self.stack.stop()

    # ---- the train workers

    def supervise(self) -> None:
        """Starts what has ended by itself, as an init system would."""
        self.stack.supervise()
        for name in (f"train-{number}" for number in range(1, self.wanted + 1)):
            if name not in self.workers or self.workers[name].poll() is not None:
                self.workers[name] = self.stack.spawn(name, train_worker(name), own_log=True)

    def leave(self) -> None:
        """Lets the train workers go; none comes back before `come_back`."""
        self.wanted = 0
        for worker in self.workers.values():
            worker.stop()
        self.workers.clear()

    def come_back(self) -> None:
        """As many as there were."""
        self.wanted = self.hired
        self.supervise()

    # ---- what bob has

    def _lay(self) -> None:
        alice, bob = self.people["alice"], self.people["bob"]
        for person in (alice, bob):
            person.sign_up(SCOPES[person.name])
        shop = studio.fill(alice, studio.open_studio(alice))
        self.base = shop.base
        ordered = creator.order(bob, creator.choose(bob, TIER))
        creator.pay(ordered["checkout_url"])
        self.licence = creator.licence(bob, ordered["id"])
        folder = Path(mkdtemp(prefix="drill-clips-"))
        draw(folder, count=4, style="neon", seed=3, size=64)
        self.dataset = str(bob.post("/datasets", {"name": "Drill"})["id"])
        material = creator.bring(bob, self.dataset, clips.find(folder).clips)
        if material.refused:
            raise Stuck(f"the clips were refused: {material.refused}")
        creator.attest(bob, self.dataset)
        creator.seal(bob, self.dataset)
        self.project = str(bob.post("/projects", {"name": "Drill", **creator.USE})["id"])

    @property
    def bob(self) -> Person:
        return self.people["bob"]

    def quote(self, steps: int, licence: str = "") -> str:
        """Under the licence that he has, unless it is told which."""
        wish = creator.Wish(steps, "neonstyle", [])
        return str(creator.quote(self.bob, licence or self.licence, self.dataset, self.project, wish)["id"])

    def start(self, steps: int) -> str:
        """A training that the server has acknowledged."""
        return str(self.bob.post("/trainings", {"quote": self.quote(steps)})["id"])

    # ---- a look at the rows, which is allowed to come in the middle of a fault

    @contextmanager
    def database(self) -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(self.stack.env["DATABASE_URL"], autocommit=True, connect_timeout=5) as connection:
            yield connection

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Waits until the database answers: a drill may just have taken it away."""
        until = time.monotonic() + OPENED_WITHIN
        while True:
            with suppress(psycopg.OperationalError), self.database() as connection:
                return connection.execute(sql, values).fetchall()
            if time.monotonic() > until:
                raise Stuck("the database does not come back")
            time.sleep(0.2)

    def states(self) -> dict[str, int]:
        return dict(self.rows("SELECT state, count(*) FROM trainings_training GROUP BY state"))

    def django(self) -> None:
        """From here on this process reads the ground's rows and objects as the platform does."""
        import django

        os.environ.update(self.stack.env)
        django.setup()
