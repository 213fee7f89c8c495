"""What Prometheus scrapes, counted from rows and from what the workers say, so that every web process gives the same answer."""

from collections.abc import Iterator

from django.db.models import Count, Min, Q
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from atelier.kit.models import Message
from atelier.licences.queries import database_now

from . import slots, station
from .models import Attempt, Training
from .states import TrainingState


class Trainings(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from _queue()
        yield from _attempts()
        yield from _workers()
        yield from _outbox()


def _queue() -> Iterator[Metric]:
    now = database_now()
    counts = dict(Training.objects.values_list("state").annotate(rows=Count("pk")).order_by())
    states = GaugeMetricFamily("atelier_trainings", "Trainings by state.", labels=["state"])
    for state in TrainingState:
        states.add_metric([state.value], counts.get(state.value, 0))
    yield states
    oldest = Training.objects.filter(state=TrainingState.QUEUED).aggregate(since=Min("since"))["since"]
    yield GaugeMetricFamily("atelier_queue_length", "Trainings that wait for a worker.", counts.get(TrainingState.QUEUED.value, 0))
    age = (now - oldest).total_seconds() if oldest else 0
    yield GaugeMetricFamily("atelier_queue_oldest_seconds", "How long the longest has waited.", age)


def _attempts() -> Iterator[Metric]:
    ended = dict(Attempt.objects.exclude(outcome="").values_list("outcome").annotate(rows=Count("pk")).order_by())
    outcomes = CounterMetricFamily("atelier_attempts", "Claims that are over, by how they ended.", labels=["outcome"])
    for outcome, rows in sorted(ended.items()):
        outcomes.add_metric([outcome], rows)
    yield outcomes
    yield CounterMetricFamily("atelier_claims", "Claims of a training by a worker.", Attempt.objects.count())
    yield CounterMetricFamily("atelier_leases_lost", "Claims whose worker fell silent.", ended.get("lease_lost", 0))


def _workers() -> Iterator[Metric]:
    there = slots.seen()
    yield GaugeMetricFamily("atelier_workers", "Workers that gave a sign of life.", len(there))
    yield GaugeMetricFamily("atelier_workers_busy", "Workers that have a training.", sum(bool(slot.training) for slot in there))
    stuck = sum(station.stuck(slot) is not None for slot in there)
    yield GaugeMetricFamily("atelier_workers_stuck", "Workers that have nothing although work has waited for them.", stuck)
    width = GaugeMetricFamily("atelier_pass_width", "Trainings that it has at once, in one pass of its engine.", labels=["worker"])
    speed = GaugeMetricFamily("atelier_steps_per_second", "Of the trainings at hand, together.", labels=["worker"])
    memory = GaugeMetricFamily("atelier_engine_memory_bytes", "Resident memory of the engine process.", labels=["worker"])
    for slot in there:
        width.add_metric([slot.worker], bool(slot.training) + len(slot.beside))
        speed.add_metric([slot.worker], slot.speed)
        memory.add_metric([slot.worker], slot.memory)
    yield width
    yield speed
    yield memory


def _outbox() -> Iterator[Metric]:
    open_ = Message.objects.filter(done_at=None).aggregate(waiting=Count("pk", Q(failed_at=None)), failed=Count("pk", ~Q(failed_at=None)))
    yield GaugeMetricFamily("atelier_outbox_waiting", "Messages that are yet to be delivered.", open_["waiting"])
    yield GaugeMetricFamily("atelier_outbox_failed", "Messages set aside after the last attempt.", open_["failed"])


def text() -> bytes:
    registry = CollectorRegistry(auto_describe=False)
    registry.register(Trainings())
    return generate_latest(registry)
