"""How an account's pages show what programs call things."""

from django import template
from django.utils.translation import gettext

register = template.Library()

# The first that matches: browsers also name those whose pages they want to be given.
BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrom", "Chrome"),
    ("Safari/", "Safari"),
    ("httpx", "httpx"),
    ("curl/", "curl"),
)
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


@register.filter
def browser(agent: str) -> str:
    """Browser and system, as far as the User-Agent header lets us guess."""
    program = next((name for sign, name in BROWSERS if sign in agent), gettext("Another program"))
    system = next((name for sign, name in SYSTEMS if sign in agent), "")
    return f"{program} · {system}" if system else program
