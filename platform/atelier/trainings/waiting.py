"""What a creator is told of a training that waits: its number in the line, why it waits, and when it should begin."""

from dataclasses import dataclass

from django.db.models import F, FloatField, Sum
from django.db.models.functions import Cast

from atelier.licences.queries import database_now

from . import line, operation, slots
from .models import Training
from .states import ACTIVE


@dataclass(frozen=True)
class Wait:
    """`why`: a key of operation.WHYS. `low` and `high`: seconds until it should begin; None while no worker is there that it fits."""

    number: int
    why: str
    low: float | None = None
    high: float | None = None


def of(row: Training) -> Wait | None:
    """None when it does not wait."""
    place = line.place(row)
    if place is None:
        return None
    there = slots.seen()
    why = operation.why(row, there, database_now())
    hands = sum(not slot.draining and line.fits(row, slot) for slot in there)
    return Wait(place.number, why, *_begins(place, hands)) if hands else Wait(place.number, why)


def _begins(place: line.Place, hands: int) -> tuple[float, float]:
    """When those that are at work and those before it are done, by their estimates, shared between the workers that it fits."""
    left = 1 - Cast("step", FloatField()) / F("steps")
    rest = {end: Sum(F(end) * left, default=0.0) for end in ("low", "high")}
    at_work = Training.objects.filter(state__in=ACTIVE).aggregate(**rest)
    return (place.low + at_work["low"]) / hands, (place.high + at_work["high"]) / hands
