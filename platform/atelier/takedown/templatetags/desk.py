"""How the pages of notices write states, and look things up."""

from collections.abc import Mapping
from typing import Any

from django import template

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
