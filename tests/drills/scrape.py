"""What a Prometheus would have seen meanwhile: /metrics, scraped every few seconds by a thread."""

import threading
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from atelier.demo import wire

from .ground import METRICS_TOKEN, Ground

EVERY = 5.0
ANSWERS_WITHIN = 60.0
# By the name of the sample; where it has labels, their sum.
KEPT = (
    *("atelier_queue_length", "atelier_queue_oldest_seconds", "atelier_claims_total", "atelier_leases_lost_total"),
    *("atelier_workers", "atelier_workers_busy", "atelier_pass_width", "atelier_steps_per_second", "atelier_engine_memory_bytes"),
    *("atelier_outbox_waiting", "atelier_outbox_failed"),
)
Sample = dict[str, float]


@dataclass(frozen=True)
class Scraped:
    samples: list[Sample]
    unanswered: int

    def most(self, name: str) -> float:
        return max((sample.get(name, 0.0) for sample in self.samples), default=0.0)

    def last(self, name: str) -> float:
        return self.samples[-1].get(name, 0.0) if self.samples else 0.0


class Scraper(threading.Thread):
    def __init__(self, ground: Ground) -> None:
        super().__init__(daemon=True)
        self.http = wire.client(ground.stack.url("web"), {"Authorization": f"Bearer {METRICS_TOKEN}"})
        self.over = threading.Event()
        self.samples: list[Sample] = []
        self.unanswered = 0

    def run(self) -> None:
        while not self.over.wait(EVERY):
            self.look()

    def look(self) -> Sample | None:
        """A fault may be under way: that there is no answer is counted, and no harm."""
        try:
            answer = self.http.get("/metrics").raise_for_status()
        except httpx.HTTPError:
            self.unanswered += 1
            return None
        found = dict.fromkeys(KEPT, 0.0)
        for family in text_string_to_metric_families(answer.text):
            for sample in family.samples:
                if sample.name in found:
                    found[sample.name] += sample.value
        self.samples.append(found)
        return found

    def end(self) -> Scraped:
        """Looks once more, when all is over."""
        self.over.set()
        self.join()
        wire.until(self.look, within=ANSWERS_WITHIN, late="there are no metrics any more")
        return Scraped(self.samples, self.unanswered)
