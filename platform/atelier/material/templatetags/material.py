"""What the parts material/_upload.html and material/_captions.html need, so that any page may include them with a dataset alone."""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.timesince import timesince
from django.utils.translation import gettext, gettext_noop

from atelier.material import limits, queries, shelf
from atelier.material.attestation import Text
from atelier.material.models import Asset, Dataset

register = template.Library()
NO_BREAK = "\u00a0"
UNITS = (gettext_noop("B"), gettext_noop("kB"), gettext_noop("MB"), gettext_noop("GB"))


@register.simple_tag(takes_context=True)
def clips_of(context: dict[str, Any], dataset: Dataset) -> shelf.Clips:
    there = context.get("clips")
    return there if isinstance(there, shelf.Clips) and there.dataset == dataset else shelf.Clips.asked(dataset, context["request"])


@register.simple_tag
def unfinished_of(dataset: Dataset) -> list[Asset]:
    return list(shelf.unfinished(dataset))


@register.simple_tag
def room_of(dataset: Dataset) -> shelf.Room:
    return shelf.Room(queries.bytes_taken(dataset.owner_id))


@register.simple_tag
def accepted() -> str:
    """Suffixes that can be usable, for a file dialogue."""
    return ",".join(shelf.SUFFIXES)


@register.simple_tag
def largest() -> int:
    return limits.BYTES_PER_FILE


@register.filter
def clauses(declaration: Text) -> list[list[str]]:
    """Its paragraphs: numbered ones item by item without their numbers, others as one line."""
    return [_items(block) if block[0].isdigit() else [" ".join(block.split())] for block in declaration.text.strip().split("\n\n")]


def _items(block: str) -> list[str]:
    return [line.partition(". ")[2] for line in block.splitlines()]


@register.filter
def ago(moment: datetime) -> str:
    """How long since, in the reader's words; nobody counts seconds."""
    return timesince(moment) if timezone.now() - moment >= timedelta(minutes=1) else gettext("less than a minute")


@register.filter
def size(count: int) -> str:
    """A number of bytes: 512 B, 3.4 MB."""
    amount, power = float(count), 0
    while amount >= 999.5 and power < len(UNITS) - 1:
        amount, power = amount / 1000, power + 1
    places = 1 if power > 1 and amount < 100 else 0
    return f"{number_format(amount, places, force_grouping=True)}{NO_BREAK}{gettext(UNITS[power])}"
