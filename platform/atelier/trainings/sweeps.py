"""A sweep: up to five runs of one draft that differ in a setting. A quote for each, one start, and the sum of the quotes is the ceiling."""

from collections.abc import Sequence
from typing import Any

from django.db import transaction

from atelier.accounts.models import User
from atelier.kit.refused import Refused

from . import actions, drafting
from .models import Draft, Quote, Sweep, Training

FEWEST, MOST = 2, 5


@transaction.atomic
def lay(*, draft: Draft, setting: str, values: Sequence[float]) -> Sweep:
    """A quote for each value of this setting; all else is as in the draft, which stays as it is. None of them starts yet."""
    if draft.licence is None or draft.dataset is None or "steps" not in draft.knobs:
        raise Refused("draft_unfinished", "Say first what you train for, and how.")
    sweep = _opened(draft.owner, draft.name, len(set(values)))
    project = drafting.project_of(draft)
    for value in values:
        asked = actions.quote(
            owner=draft.owner,
            licence=draft.licence,
            dataset=draft.dataset,
            project=project,
            name=f"{draft.name[:180]} · {value:g}",
            previews=draft.previews,
            origin=draft.origin,
            **_changed(draft, setting, value),
        )
        Quote.objects.filter(pk=asked.pk).update(sweep=sweep)
    return sweep


@transaction.atomic
def gather(*, owner: User, quotes: Sequence[Quote], name: str) -> Sweep:
    """A sweep of quotes that were asked one by one. Those of one sweep already are that sweep."""
    known = {quote.sweep for quote in quotes}
    if len(known) == 1 and (found := known.pop()):
        return found
    if any(quote.sweep_id or Training.objects.filter(quote=quote).exists() for quote in quotes):
        raise Refused("quote_taken", "One of these quotes belongs to another sweep, or was started already.")
    sweep = _opened(owner, name, len({quote.pk for quote in quotes}))
    Quote.objects.filter(pk__in=[quote.pk for quote in quotes]).update(sweep=sweep)
    return sweep


@transaction.atomic
def start(*, sweep: Sweep, by: User) -> list[Training]:
    """Starts all of them, or none: each holds its seconds, and together they never hold more than the licence has left."""
    row = Sweep.objects.select_for_update().get(pk=sweep.pk)
    return [actions.start(quote=quote, by=by) for quote in row.quotes.order_by("pk")]


def _opened(owner: User, name: str, count: int) -> Sweep:
    if not FEWEST <= count <= MOST:
        raise Refused("sweep_size", "A sweep compares from two to five different runs.", status=422)
    return Sweep.objects.create(owner=owner, name=name)


def _changed(draft: Draft, setting: str, value: float) -> dict[str, Any]:
    """Knobs and seed with this setting. An adapter of another rank speaks as loud as the draft's: alpha goes with it."""
    if setting == "seed":
        return {"knobs": draft.knobs, "seed": int(value)}
    before = draft.knobs[setting]
    knobs = {**draft.knobs, setting: int(value) if isinstance(before, int) else value}
    if setting == "rank":
        knobs["alpha"] = draft.knobs["alpha"] * value / before
    return {"knobs": knobs, "seed": draft.seed}
