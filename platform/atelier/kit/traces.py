"""Traces: what a click sets off, in every process that has a part in it. Off unless OTEL_EXPORTER_OTLP_ENDPOINT names a collector.

A trace goes on in another process by what `carrier` gives and `continued` takes; it is kept with the work, not sent with a message, because
messages may be lost.
"""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from asgiref.sync import iscoroutinefunction
from celery.signals import worker_process_init
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.decorators import sync_and_async_middleware
from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.celery import CeleryInstrumentor
from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

NANOSECONDS = 1_000_000_000
Answer = Callable[[HttpRequest], HttpResponseBase]


def begin(process: str) -> None:
    """To be called once in each process, after a fork. The exporter reads its OTEL_* from the environment itself."""
    if not settings.TRACES:
        return
    provider = TracerProvider(resource=Resource.create({"service.name": f"atelier-{process}"}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    PsycopgInstrumentor().instrument()
    CeleryInstrumentor().instrument()


@worker_process_init.connect
def _in_a_pool(**_signal: Any) -> None:
    """Each process of a worker's pool; a pool of threads has none."""
    begin("io")


def tracer() -> trace.Tracer:
    return trace.get_tracer("atelier")


@contextmanager
def span(name: str, **facts: Any) -> Iterator[trace.Span]:
    with tracer().start_as_current_span(name, attributes=facts) as found:
        yield found


def carrier() -> dict[str, str]:
    """What lets another process go on with the trace at hand; empty without one."""
    found: dict[str, str] = {}
    propagate.inject(found)
    return found


@contextmanager
def continued(kept: dict[str, str], name: str, **facts: Any) -> Iterator[trace.Span]:
    with tracer().start_as_current_span(name, context=propagate.extract(kept), attributes=facts) as found:
        yield found


def past(kept: dict[str, str], name: str, since: datetime, **facts: Any) -> None:
    """A span that ends now."""
    began = int(since.timestamp() * NANOSECONDS)
    tracer().start_span(name, context=propagate.extract(kept), start_time=began, attributes=facts).end()


def note(name: str, **facts: Any) -> None:
    """An event of the span at hand."""
    trace.get_current_span().add_event(name, attributes={key: value for key, value in facts.items() if value is not None})


@sync_and_async_middleware
def middleware(answer: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """A span for each request, named by its route. It begins a trace of its own: what callers from outside say of theirs is not ours."""
    if iscoroutinefunction(answer):

        async def traced_async(request: HttpRequest) -> HttpResponseBase:
            with span(str(request.method)) as found:
                waited: Awaitable[HttpResponseBase] = answer(request)
                return _answered(found, request, await waited)

        return traced_async

    def traced(request: HttpRequest) -> HttpResponseBase:
        with span(str(request.method)) as found:
            return _answered(found, request, answer(request))

    return traced


def _answered(found: trace.Span, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if request.resolver_match:
        found.update_name(f"{request.method} {request.resolver_match.route}")
    found.set_attributes({"http.request.method": str(request.method), "http.response.status_code": response.status_code})
    return response
