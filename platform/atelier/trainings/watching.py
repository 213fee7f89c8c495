"""The page of a training while it runs and after: drawn from rows, then kept up to date over one stream of server-sent events."""

import asyncio
import hashlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any

from asgiref.sync import sync_to_async
from django.contrib import messages
from django.db import close_old_connections
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext, override
from django.views.decorators.http import require_POST, require_safe
from redis.exceptions import RedisError

from atelier.accounts import access
from atelier.accounts.door import person, signed_in
from atelier.kit.refused import Refused
from atelier.library import previews
from atelier.library.models import Preview

from . import live, steering
from .curve import HEIGHT, WIDTH
from .live import Told
from .models import Training
from .picture import Picture
from .states import TrainingState
from .words import PHASES

# Parts of the page that are drawn anew when something happened that a step alone does not tell.
REGIONS = ("word", "state", "cost", "steps", "previews", "values", "diary")
# What a step changes is told by itself; the rest (how long it still takes) is drawn anew this often.
REFRESH_SECONDS = 10.0
LEAST_SECONDS = 0.5
# Without the broker the rows still tell.
BLIND_SECONDS = 5.0
Deed = Callable[..., Training]
ALIVE = b": still here\n\n"


def found(training: str, request: HttpRequest) -> Training:
    row = access.find(Training, training, person(request))
    return Training.objects.select_related(
        "quote__project", "quote__dataset", "quote__sweep", "licence__revision__tier__offering__version"
    ).get(pk=row.pk)


@require_safe
@signed_in
def page(request: HttpRequest, training: str) -> HttpResponse:
    picture = Picture(found(training, request))
    parts = {name: {"html": html, "version": version(html)} for name, html in drawn(picture)}
    return render(request, "trainings/run.html", {**context(picture), "parts": parts})


def context(picture: Picture) -> dict[str, Any]:
    box = {"width": WIDTH, "height": HEIGHT}
    return {"picture": picture, "training": picture.row, "box": box, "again": again(picture.row)}


def again(row: Training) -> str:
    """The wizard, filled in as this one was."""
    try:
        return f"{reverse('training-new')}?from={row.public_id}"
    except NoReverseMatch:
        return ""


def _steer(
    request: HttpRequest, training: str, deed: Callable[..., Training], done: Callable[[Training], str], **wish: Any
) -> HttpResponse:
    """The deed, and back to the page with what came of it."""
    row = access.find(Training, training, person(request))
    try:
        messages.success(request, done(deed(training=row, by=person(request), **wish)))
    except Refused as refused:
        late = refused.code == "already_over"
        messages.warning(request, gettext("Too late for that: it is already over.") if late else refused.told())
    return redirect("training", row.public_id)


@require_POST
@signed_in
def cancel(request: HttpRequest, training: str) -> HttpResponse:
    def done(row: Training) -> str:
        return gettext("It stops after the step in hand; that takes a moment.") if row.cancel_requested else gettext("It is cancelled.")

    return _steer(request, training, steering.cancel, done)


@require_POST
@signed_in
def pause(request: HttpRequest, training: str) -> HttpResponse:
    def done(row: Training) -> str:
        paused = row.state == TrainingState.PAUSED
        return gettext("It is paused.") if paused else gettext("It pauses after the step in hand, once that is stored.")

    return _steer(request, training, steering.pause, done)


@require_POST
@signed_in
def resume(request: HttpRequest, training: str) -> HttpResponse:
    return _steer(request, training, steering.resume, lambda row: gettext("It goes on."))


@require_POST
@signed_in
def finish(request: HttpRequest, training: str) -> HttpResponse:
    """With a `step`, that checkpoint is the result; without, where it is now."""
    wanted = request.POST.get("step", "")
    step = int(wanted) if wanted.isascii() and wanted.isdigit() and len(wanted) < 10 else None

    def done(row: Training) -> str:
        return gettext("Your model is being made from step %(step)s.") % {"step": number_format(row.finish_at or row.step)}

    return _steer(request, training, steering.finish, done, step=step)


@require_safe
@signed_in
def preview(request: HttpRequest, training: str, preview: str, form: str) -> HttpResponse:
    """Leads to a preview's clip or still, to be seen on the page."""
    row = found(training, request)
    return previews.shown(Preview.objects.filter(training=row.pk, pk=Preview.parse_id(preview)).first(), form, row.licence, row.owner)


@require_safe
@signed_in
def now(request: HttpRequest, training: str) -> HttpResponse:
    """The whole page's changing parts at once, for a browser whose stream does not hold."""
    return JsonResponse(Reader().changed(Picture(found(training, request))))


@require_safe
@signed_in
def stream(request: HttpRequest, training: str) -> StreamingHttpResponse:
    """Server-sent events. The first is everything as it is now, so a reader that comes back has missed nothing."""
    row = found(training, request)
    told = watch(row, get_language() or "en")
    response = StreamingHttpResponse(told, content_type="text/event-stream")
    response["X-Accel-Buffering"] = "no"
    response["Cache-Control"] = "no-cache, no-transform"
    return response


async def watch(row: Training, language: str) -> AsyncIterator[bytes]:
    """Messages of at most two a second; ends after the one that tells the end, or after ten minutes."""
    # The request's own connection would otherwise stay open for as long as the stream.
    await sync_to_async(close_old_connections)()
    reader, clock = Reader(), asyncio.get_running_loop()
    after = await sync_to_async(live.newest, thread_sensitive=False)(row.pk)
    message, drawn_at = await _draw(reader, row, language), clock.time()
    yield b"retry: 1000\n\n" + _said(after, message)
    if message["over"]:
        return
    async with aclosing(_heard(row, after)) as batches:
        async for batch in batches:
            after = batch[-1].id if batch else after
            events = [told.event for told in batch]
            steps = [event for event in events if event.get("event") == "step"]
            due = clock.time() - drawn_at > REFRESH_SECONDS or len(steps) < len(events)
            message = _stepped(steps, events, language) if steps or events else {}
            if due:
                message |= await _draw(reader, row, language)
                drawn_at = clock.time()
            yield _said(after, message) if message else ALIVE
            if message.get("over"):
                return


async def _heard(row: Training, after: str) -> AsyncGenerator[list[Told], None]:
    """Batches of half a second's events. While the broker is away, empty ones: the reader then draws from the rows."""
    while True:
        try:
            async with aclosing(live.batches(row.pk, after, REFRESH_SECONDS)) as batches:
                async for batch in batches:
                    after = batch[-1].id if batch else after
                    yield batch
                    if batch:
                        await asyncio.sleep(LEAST_SECONDS)
            return
        except RedisError:
            await asyncio.sleep(BLIND_SECONDS)
            yield []


def _said(after: str, message: dict[str, Any]) -> bytes:
    return f"id: {after}\ndata: {json.dumps(message, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()


def _stepped(steps: list[dict[str, Any]], events: list[dict[str, Any]], language: str) -> dict[str, Any]:
    """What steps alone change, without asking the database."""
    message: dict[str, Any] = {}
    phase = next((event["name"] for event in reversed(events) if event.get("event") == "phase"), None)
    with override(language):
        if phase in PHASES:
            message["now"] = {"phase": str(PHASES[phase])}
        if steps:
            last, losses = steps[-1], [event["loss"] for event in steps]
            mean = round(sum(losses) / len(losses), 5)
            text = {"step": number_format(last["step"], force_grouping=True), "loss": number_format(last["loss"], 3)}
            text["percent"] = number_format(100 * last["step"] // max(1, last["steps"]))
            message |= {"now": {**text, **message.get("now", {})}, "step": last["step"], "point": [last["step"], mean]}
    return message


async def _draw(reader: "Reader", row: Training, language: str) -> dict[str, Any]:
    def draw() -> dict[str, Any]:
        close_old_connections()
        try:
            with override(language):
                fresh = Training.objects.select_related("quote__project", "licence__revision__tier__offering__version").get(pk=row.pk)
                return reader.changed(Picture(fresh))
        finally:
            close_old_connections()

    return await sync_to_async(draw, thread_sensitive=False)()


def drawn(picture: Picture) -> Iterator[tuple[str, str]]:
    for name in REGIONS:
        yield name, render_to_string(f"trainings/run_{name}.html", context(picture))


def version(html: str) -> str:
    return hashlib.sha256(html.encode()).hexdigest()[:12]


class Reader:
    """Knows which versions of the regions it has told, so that only what changed is told again."""

    def __init__(self) -> None:
        self.known: dict[str, str] = {}

    def changed(self, picture: Picture) -> dict[str, Any]:
        message: dict[str, Any] = {"over": picture.over, "offers": picture.offers}
        message["parts"] = [[name, version(html), html] for name, html in drawn(picture) if self._new(name, html)]
        curves = picture.curves.data
        if self._new("curves", json.dumps(curves)):
            message["curves"] = curves
        return message

    def _new(self, name: str, text: str) -> bool:
        mark = version(text)
        told = self.known.get(name) == mark
        self.known[name] = mark
        return not told
