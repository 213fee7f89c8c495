"""How values are shown in the reader's language."""

from django import template
from django.utils.formats import number_format
from django.utils.translation import get_language, gettext

from licensing.money import Money

register = template.Library()
SIGNS = {"EUR": "€", "USD": "$"}
NO_BREAK = "\u00a0"


@register.filter
def money(value: Money) -> str:
    """49 € or €49; cents only where there are some."""
    whole, cents = divmod(value.amount, 100)
    number = number_format(f"{whole}.{cents:02}", 2, force_grouping=True) if cents else number_format(whole, force_grouping=True)
    sign = SIGNS[value.currency]
    return f"{number}{NO_BREAK}{sign}" if get_language() == "fr" else f"{sign}{number}"


@register.filter
def duration(seconds: int) -> str:
    """Hours and minutes: 4 h, 1 h 30 min, 45 min."""
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [(hours, gettext("h")), (minutes, gettext("min"))]
    return " ".join(f"{number_format(count, force_grouping=True)}{NO_BREAK}{unit}" for count, unit in parts if count) or gettext("none")


@register.filter
def frames(count: int, fps: float) -> str:
    """How long so many frames last, in seconds with one decimal."""
    return f"{number_format(count / fps, 1)}{NO_BREAK}s"


@register.filter
def below(path: str, page: str) -> bool:
    """Whether an address is this page or lies below it."""
    return f"{path.rstrip('/')}/".startswith(f"{page.rstrip('/')}/")
