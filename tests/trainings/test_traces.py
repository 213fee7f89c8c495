"""One trace from the click to the model, through every process that has a part in it."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from atelier.kit import traces
from atelier.trainings import worker
from atelier.trainings.models import Training
from atelier.trainings.states import TrainingState

from .real import Studio

pytestmark = pytest.mark.usefixtures("engine_ends")


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(traces, "tracer", lambda: provider.get_tracer("test"))
    yield kept
    provider.shutdown()


def named(told: InMemorySpanExporter, name: str) -> ReadableSpan:
    return next(span for span in told.get_finished_spans() if span.name == name)


def test_the_worker_s_spans_go_on_with_the_trace_of_the_click(real: Studio, told: InMemorySpanExporter) -> None:
    quote, client = real.quote(), Client()
    client.force_login(real.world.bob)
    answer = client.post("/api/v1/trainings", {"quote": quote.public_id}, content_type="application/json", headers={"Idempotency-Key": "k"})
    assert answer.status_code == 201, answer.content
    training = Training.objects.get(quote=quote)
    assert worker.work(training.id) == "done"
    click, run, engine = (named(told, name) for name in ("POST api/v1/trainings", "training.run", "training.engine"))
    assert click.context.trace_id == run.context.trace_id == engine.context.trace_id
    assert run.parent.span_id == click.context.span_id
    assert engine.parent.span_id == run.context.span_id
    assert dict(run.attributes)["outcome"] == "done"
    events = [event.name for event in engine.events]
    assert events.count("engine.step") == 1 and {"engine.phase", "engine.checkpoint", "engine.done"} <= set(events)
    waited = named(told, "training.wait")
    assert waited.start_time < waited.end_time <= engine.start_time
    assert named(told, "training.publish").parent.span_id == run.context.span_id


def test_without_a_collector_nothing_is_traced_and_nothing_is_kept(real: Studio, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    assert settings.TRACES is False
    monkeypatch.setattr(traces, "TracerProvider", lambda **_: pytest.fail("nobody asked for traces"))
    traces.begin("web")
    training = real.training()
    assert training.trace == {}
    Training.objects.filter(pk=training.pk).update(state=TrainingState.CANCELLED)
