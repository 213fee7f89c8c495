"""What the pages of takedowns show: the reach by kind with examples, and how far the rest is."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from . import effect, kinds, lineage, takedowns
from .kinds import Item
from .models import Takedown
from .states import TakedownState

STUDIOS = frozenset(("performer", "title", "base_version", "house_adapter", "offering", "tier", "licence"))


class ReasonForm(forms.Form):
    reason = forms.CharField(
        label=_("The reason"),
        max_length=takedowns.LONGEST_REASON,
        widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"}),
        help_text=_("Everybody who is hit reads it, as you write it."),
    )
    sure = forms.BooleanField(label=_("I have read what this reaches and mean it."))


class LiftForm(forms.Form):
    reason = forms.CharField(
        label=_("Why it is given back"), max_length=takedowns.LONGEST_REASON, widget=forms.Textarea(attrs={"rows": 3, "dir": "auto"})
    )


def dry_run(item: Item, *, staff: bool = False) -> dict[str, Any]:
    """Nothing is changed by it. A studio sees how many models of creators are reached, and never what they are called."""
    found = lineage.reach(item.kind, item.row.pk)
    named = frozenset(kinds.KINDS) if staff or item.owner else STUDIOS
    rows = [_line(name, found, name in named) for name in kinds.KINDS if name in found.counts and name != item.kind]
    return {"item": item, "rows": rows, "total": sum(row["count"] for row in rows), "standing": takedowns.of(item)}


def _line(name: str, found: lineage.Reach, named: bool) -> dict[str, Any]:
    some = kinds.items(name, found.examples[name])
    examples = [each.name if named else each.id for each in some]
    return {"label": kinds.KINDS[name].many, "count": found.counts[name], "examples": examples, "more": found.counts[name] - len(some)}


def progress(row: Takedown) -> dict[str, Any]:
    lines = effect.progress(row)
    item = kinds.item(row.kind, row.item)
    total, done = (sum(line[name] for line in lines) for name in ("total", "done"))
    facts = {"takedown": row, "item": item, "lines": lines, "total": total, "done": done}
    return {**facts, "working": row.state == TakedownState.WORKING, "case": row.case}
