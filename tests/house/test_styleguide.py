"""Whatever the style sheets know is shown on the style guide, in each of its states."""

import re
from functools import cache
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import RequestFactory

from atelier.kit.views import PARTS, SHEETS, styleguide

from .tree import ROOT

CSS = ROOT / "frontend" / "css"
# Drawn by a library at the reader's, and classes by which a page turns parts of a script off.
NEVER_SHOWN = {"training": re.compile(r"^u-|^uplot$")}


class Worn(HTMLParser):
    """The classes of each element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.sets: list[frozenset[str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.sets.append(frozenset((dict(attrs).get("class") or "").split()))


@cache
def worn(room: str) -> tuple[frozenset[str], ...]:
    request = RequestFactory().get("/styleguide", {"room": room})
    request.user = AnonymousUser()
    return tuple(Worn(styleguide(request).content.decode()).sets)


def compounds(name: str) -> set[frozenset[str]]:
    """The classes that a sheet wants together on one element: {button}, {button, small}, …"""
    text = re.sub(r"/\*.*?\*/", "", (CSS / name).read_text(), flags=re.DOTALL)
    selectors = " ".join(re.findall(r"([^{};]+)\{", text))
    return {frozenset(found.strip(".").split(".")) for found in re.findall(r"(?:\.[A-Za-z][\w-]*)+", selectors)}


def missing(name: str, room: str) -> list[str]:
    never = NEVER_SHOWN.get(room)
    wanted = {each for each in compounds(name) if not (never and any(never.search(one) for one in each))}
    return sorted(".".join(sorted(each)) for each in wanted if not any(each <= classes for classes in worn(room)))


@pytest.mark.parametrize("name", ["parts.css", "layout.css", "pages.css"])
def test_every_part_is_on_the_style_guide(name: str) -> None:
    assert compounds(name) and not missing(name, PARTS), f"add these to frontend/templates/styleguide/{PARTS}.html"


@pytest.mark.parametrize("room", [room for room in SHEETS if room != PARTS])
def test_every_part_of_a_room_is_on_its_page(room: str) -> None:
    assert not missing(f"rooms/{room}.css", room), f"add these to frontend/templates/styleguide/{room}.html"


@pytest.mark.parametrize("room", ["model", "training"])
def test_what_two_rooms_share_is_on_both_pages(room: str) -> None:
    assert not missing("samples.css", room), "add these to frontend/templates/styleguide/seen.html"


def test_every_room_has_its_page() -> None:
    assert {path.stem for path in (CSS / "rooms").iterdir()} == set(SHEETS) - {PARTS}
