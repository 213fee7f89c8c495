"""What goes on while something is done to the servers: writers, a visitor and a watcher, each in a thread, each with what it was told."""

import threading
import time
from itertools import pairwise
from typing import Any
from uuid import uuid4

import httpx
import psycopg

from atelier.demo import progress, wire
from atelier.demo.creator import USE
from atelier.demo.people import API

from .ground import Ground

OVER = ("done", "cancelled", "failed_system", "failed_user")


class Writer(threading.Thread):
    """Posts to the ledger without pause, from one account to itself, and keeps when each write began and how long it took."""

    PAUSE = 0.02
    KIND = "drill"

    def __init__(self, ground: Ground, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.url, self.over = ground.stack.env["DATABASE_URL"], over
        self.account, self.pid = str(uuid4()), 0
        self.writes: list[tuple[float, float]] = []
        self.keys: list[str] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        with psycopg.connect(self.url) as connection:
            self.pid = connection.info.backend_pid
            self.prepare(connection)
            connection.commit()
            due = time.monotonic() + self.PAUSE
            while not self.over.wait(self.PAUSE):
                self._write(connection, self.since(due))
                due = time.monotonic() + self.PAUSE

    def since(self, due: float) -> float:
        """When a write counts as begun that was due at a moment."""
        return time.monotonic()

    def _write(self, connection: psycopg.Connection[Any], began: float) -> None:
        key = str(uuid4())
        try:
            self.write(connection, key)
            connection.commit()
        except psycopg.Error as error:
            connection.rollback()
            self.wrong.append(str(error))
        else:
            self.keys.append(key)
        self.writes.append((began, time.monotonic() - began))

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "INSERT INTO ledger_account (id, kind, owner, unit, balance) VALUES (%s, 'studio', %s, 'EUR', 0)", [self.account] * 2
        )

    def write(self, connection: psycopg.Connection[Any], key: str) -> None:
        connection.execute(
            "INSERT INTO ledger_transaction (id, kind, key, subject) VALUES (%s, %s, %s, 'drill')",
            (key, self.KIND, key),
        )
        connection.execute(
            "INSERT INTO ledger_posting (transaction_id, account_id, side, amount) VALUES (%s, %s, 'debit', 1), (%s, %s, 'credit', 1)",
            (key, self.account) * 2,
        )


class Bystander(Writer):
    """Writes to a table that nobody else knows: how long that takes is the machine's doing alone, also that it comes late out of a pause,
    for it is at a write only a part of the time."""

    def since(self, due: float) -> float:
        return due

    def prepare(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("CREATE TABLE drill_bystander (key text PRIMARY KEY)")

    def write(self, connection: psycopg.Connection[Any], key: str) -> None:
        connection.execute("INSERT INTO drill_bystander VALUES (%s)", (key,))
        connection.execute("INSERT INTO drill_bystander VALUES (%s), (%s)", (f"{key}-1", f"{key}-2"))


class Visitor(threading.Thread):
    """Declares projects, one after the other, as a well-behaved program does: with a key, and again after what it is told to wait."""

    PAUSE, AWAY = 0.1, 0.5
    GIVES_UP_AFTER = 60.0

    def __init__(self, ground: Ground, over: threading.Event) -> None:
        super().__init__(daemon=True)
        self.over = over
        self.http = wire.client(ground.stack.url("web"), {"Authorization": ground.bob.http.headers["Authorization"]})
        self.kept: list[str] = []
        self.unanswered, self.lost, self.longest = 0, 0, 0.0

    def run(self) -> None:
        while not self.over.wait(self.PAUSE):
            began = time.monotonic()
            self._ask(f"Visit {uuid4()}", until=began + self.GIVES_UP_AFTER)
            self.longest = max(self.longest, time.monotonic() - began)

    def _ask(self, name: str, until: float) -> None:
        while time.monotonic() < until:
            response = self._once(name)
            if response is not None and response.status_code == 201:
                self.kept.append(name)
                return
            self.unanswered += 1
            time.sleep(float(response.headers.get("Retry-After", self.AWAY)) if response is not None else self.AWAY)
        self.lost += 1

    def _once(self, name: str) -> httpx.Response | None:
        try:
            return self.http.post(f"{API}/projects", json={"name": name, **USE}, headers={"Idempotency-Key": name})
        except httpx.TransportError:
            return None


class Watcher(threading.Thread):
    """Follows a training as its page does; a line that breaks is taken up behind the last event."""

    def __init__(self, ground: Ground, training: str) -> None:
        super().__init__(daemon=True)
        self.web, self.headers = ground.stack.url("web"), {"Authorization": ground.bob.http.headers["Authorization"]}
        self.training = training
        self.seen: list[dict[str, Any]] = []
        self.wrong = ""

    def run(self) -> None:
        try:
            self.read(self.seen)
        except Exception as error:
            self.wrong = f"the live events ended: {error}"

    def read(self, into: list[dict[str, Any]]) -> None:
        """All of it, to the end."""
        with wire.client(self.web, self.headers) as http:
            progress.follow(http, f"{API}/trainings/{self.training}/events", into.append, over=lambda: False)

    def steps_lost(self) -> list[int]:
        """How far it fell back, each time that it did."""
        steps = [event["step"] for event in self.seen if event.get("event") == "step"]
        return [before - after + 1 for before, after in pairwise(steps) if after <= before]
