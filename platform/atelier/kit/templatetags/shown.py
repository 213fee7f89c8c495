"""How values are shown in the reader's language."""

from datetime import UTC, datetime

from django import template
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, gettext

from licensing.money import Money

register = template.Library()
SIGNS = {"EUR": "€", "USD": "$"}
NO_BREAK = "\u00a0"
# How much of a moment is told. frontend/islands/times.ts knows the same names.
MOMENTS = {
    "full": "j F Y, H:i",
    "short": "j N Y, H:i",
    "second": "j N Y, H:i:s",
    "clock": "H:i",
    "watch": "H:i:s",
    "day": "j F Y",
    "date": "j N Y",
}


@register.filter
def money(value: Money) -> str:
    """49 € or €49; cents only where there are some."""
    whole, cents = divmod(value.amount, 100)
    number = number_format(f"{whole}.{cents:02}", 2, force_grouping=True) if cents else number_format(whole, force_grouping=True)
    sign = SIGNS[value.currency]
    return f"{number}{NO_BREAK}{sign}" if get_language() == "fr" else f"{sign}{number}"


@register.filter
def duration(seconds: int) -> str:
    """Hours and minutes: 4 h, 1 h 30 min, 45 min. Less than a minute in seconds: 29 s."""
    if 0 < seconds < 60:
        return f"{number_format(max(1, int(seconds)))}{NO_BREAK}s"
    hours, minutes = divmod(round(seconds / 60), 60)
    parts = [(hours, gettext("h")), (minutes, gettext("min"))]
    return " ".join(f"{number_format(count, force_grouping=True)}{NO_BREAK}{unit}" for count, unit in parts if count) or gettext("none")


@register.filter
def moment(at: datetime, form: str = "full") -> SafeString:
    """A time in UTC, which it says; islands/times.ts puts it in the reader's own zone. Not for attributes: it is an element.

    Not by a cookie with the zone: so a page is one thing to every cache, the first page is right too, and the zone stays with its reader.
    """
    there = at.astimezone(UTC)
    zone = f"{NO_BREAK}UTC" if "H" in MOMENTS[form] else ""
    shown = date_format(there, MOMENTS[form])
    return format_html('<time datetime="{}" data-as="{}">{}{}</time>', there.isoformat(timespec="seconds"), form, shown, zone)


@register.filter
def frames(count: int, fps: float) -> str:
    """How long so many frames last, in seconds with one decimal."""
    return f"{number_format(count / fps, 1)}{NO_BREAK}s"


@register.filter
def below(path: str, page: str) -> bool:
    """Whether an address is this page or lies below it."""
    return f"{path.rstrip('/')}/".startswith(f"{page.rstrip('/')}/")
