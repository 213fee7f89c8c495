"""How the pages of notices write states, and look things up."""

from collections.abc import Mapping
from typing import Any

from django import template

from .. import kinds
from ..models import Takedown
from ..states import CaseState

register = template.Library()
TONES = {CaseState.UPHELD: "good", CaseState.REJECTED: "bad", CaseState.ASKED: ""}


@register.filter
def case_tone(state: str) -> str:
    """The class of a state's badge."""
    return TONES.get(CaseState(state), "lamp")


@register.filter
def item(found: Mapping[Any, str], key: Any) -> str:
    return found.get(key, "")


@register.filter
def taken_name(row: Takedown) -> str:
    item = kinds.item(row.kind, row.item)
    return item.name if item else row.public_id


@register.filter
def taken_kind(row: Takedown) -> str:
    return str(kinds.KINDS[row.kind].one)
