"""Many trainings that wait and many workers: how fast they are claimed, and what a page costs beside one of an empty queue."""

import os
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from atelier.devstack.stack import Stack
from frontend.bench import told
from frontend.bench.arms import Figure
from tests.world import World

CREATORS, WORKERS, CONNECTIONS = 200, 200, 40
MANY, QUICK_MANY = 10_000, 2_000
CLAIMS, QUICK_CLAIMS = 1_000, 200
PAGES = 40
SECOND = 1000.0


def measure(var: Path, *, quick: bool) -> Iterator[Figure]:
    with Stack(var, ("postgres", "valkey"), fresh=True) as stack:
        _django(stack.env)
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        crowd = Crowd()
        yield from crowd.figures(QUICK_MANY if quick else MANY, QUICK_CLAIMS if quick else CLAIMS)


def _django(environment: dict[str, str]) -> None:
    import django

    os.environ.update(environment)
    from django.conf import settings

    settings.DATABASES["default"]["OPTIONS"] = {"pool": {"min_size": 4, "max_size": CONNECTIONS, "timeout": 60}}
    settings.ALLOWED_HOSTS = ["testserver"]
    settings.STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    django.setup()


class Crowd:
    """Creators with trainings that wait, and workers that say that they are there. One creator looks at her own."""

    def __init__(self) -> None:
        self.world = World()
        self.creators = [self.world.person(f"creator{number}") for number in range(CREATORS)]
        self.quotes = 0

    def figures(self, many: int, claims: int) -> Iterator[Figure]:
        from atelier.trainings import slots

        for number in range(WORKERS):
            slots.say(slots.Slot(f"worker:{number}", 0, time.time()))
        mine = self.wait(1)[0]
        pages = Pages(self.world.bob, mine)
        alone = pages.milliseconds()
        self.wait(min(claims, many) // 2)
        few = self.claim(min(claims, many) // 2)
        self.wait(many, before=mine)
        crowded = pages.milliseconds()
        among = self.claim(claims)
        self.clear(mine)
        again = pages.milliseconds()  # before and after, because a machine is not always equally busy
        for name in alone:
            yield Figure(
                f"{name} while {many:,} wait, beside an empty queue", 1.2 * min(alone[name], again[name]), "ms", crowded[name], PAGES
            )
        yield Figure(f"a claim of {WORKERS} workers among {many:,}, beside a short queue", 1.5 * few, "ms", among, claims)
        yield Figure(f"a claim of {WORKERS} workers: {SECOND / among:.0f} a second", SECOND / 20, "ms", among, claims)

    def wait(self, count: int, before: Any = None) -> list[Any]:
        """So many more trainings, dealt out over the creators; before this one in the line where one is named."""
        from atelier.licences.queries import database_now
        from atelier.trainings.models import Quote, Training

        wish, now = self._wish(), database_now()
        quotes = Quote.objects.bulk_create([Quote(**wish) for _ in range(count)], batch_size=1000)
        rows = []
        for number, quote in enumerate(quotes):
            owner = self.world.bob if count == 1 else self.creators[number % CREATORS]
            row = Training(owner=owner, quote=quote, licence=quote.licence, since=now, steps=60, family="wan", memory=1 << 30)
            row.low, row.high = 40.0, 60.0
            rows.append(row)
        made = Training.objects.bulk_create(rows, batch_size=1000)
        if before is not None:
            Training.objects.filter(pk=before.pk).update(created_at=database_now())
        from django.db import connection

        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE trainings_training")
        return made

    def clear(self, but: Any) -> None:
        from atelier.trainings.models import Training

        Training.objects.exclude(pk=but.pk).filter(state="queued").update(state="cancelled")

    def _wish(self) -> dict[str, Any]:
        from atelier.licences.queries import database_now
        from atelier.material.models import Dataset
        from atelier.trainings.actions import QUOTE_LIVES, declare

        if not self.quotes:
            bob = self.world.bob
            self.licence, self.dataset = self.world.licence(), Dataset.objects.create(owner=bob, name="Crowd")
            self.project = declare(owner=bob, name="Crowd", stage="production", media=["web"], territories=["FR"], commercial=False)
        self.quotes += 1
        estimate = {"seconds": 50, "seconds_low": 40, "seconds_high": 60, "memory_bytes": 1 << 30, "tokens_per_step": 1}
        return {
            **{"owner": self.world.bob, "licence": self.licence, "dataset": self.dataset, "project": self.project, "name": "Crowd"},
            **{"knobs": {"steps": 60, "rank": 8}, "previews": [], "seed": 0, "seconds": 60, "lines": [], "estimate": estimate},
            **{"expires_at": database_now() + QUOTE_LIVES, "signature": ""},
        }

    def claim(self, count: int) -> float:
        """Milliseconds a claim, while all workers claim as fast as they can."""
        from django.db import connection

        from atelier.trainings import queue, slots

        left, lock = [count], threading.Lock()

        def work(number: int) -> None:
            slot = slots.Slot(f"worker:{number}", 0, 0, families=("wan",), room=1 << 34)
            while True:
                with lock:
                    left[0] -= 1
                    if left[0] < 0:
                        return
                try:
                    while queue.claim_next(slot) is None:
                        time.sleep(0.01)
                finally:
                    connection.close()

        return told.seconds(lambda: _together(work)) / count * SECOND


def _together(work: Callable[[int], None]) -> None:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


class Pages:
    """What shows the queue: the creator's own page of a training that waits, her home, and the API's answer."""

    def __init__(self, person: Any, mine: Any) -> None:
        from django.test import Client
        from django.urls import reverse

        self.client = Client()
        self.client.force_login(person)
        self.addresses = {
            "the page of what waits": reverse("training", args=[mine.public_id]),
            "the list of her trainings": reverse("trainings"),
            "the API's answer": f"/api/v1/trainings/{mine.public_id}",
        }

    def milliseconds(self) -> dict[str, float]:
        for address in self.addresses.values():  # what is read or compiled once is not what is measured
            self._once(address)
        return {name: statistics.median(self._once(address) for _ in range(PAGES)) for name, address in self.addresses.items()}

    def _once(self, address: str) -> float:
        began = time.perf_counter()
        answer = self.client.get(address)
        assert answer.status_code == 200, (address, answer.status_code)
        return (time.perf_counter() - began) * SECOND
