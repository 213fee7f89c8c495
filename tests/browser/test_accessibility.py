"""Every page, unfolded, in both languages: nothing that scrolls sideways at three widths, and WCAG 2.2 AA and axe's best practice in a
wide and in a narrow window."""

import pytest
from django.urls import Resolver404
from playwright.sync_api import Page

from atelier.demo.journey import PASSWORD

from . import axe, rooms
from .conftest import Open
from .town import Town
from .window import LANGUAGES, NARROW, PHONE, WIDE, Complaints, address, too_wide, widen

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
MISSING = "/nowhere"
# No breakpoint lies between a phone and the narrowest window.
LOOKED_AT = (WIDE, NARROW)
UNFOLD = "([which]) => document.querySelectorAll(which).forEach(one => { one.open = true })"


def test_every_page_of_the_site_stands_in_the_table_and_nothing_else_does() -> None:
    aside = {*rooms.listed(rooms.UNREACHED), *rooms.listed(rooms.NO_PAGES)}
    seen = {rooms.route_of(path) for _, path in rooms.rows() if path != MISSING}
    assert rooms.routes() - seen - aside == set(), "these addresses need a row in tests/browser/rooms.py"
    assert aside - rooms.routes() == set(), "these addresses are gone"
    with pytest.raises(Resolver404):
        rooms.route_of(MISSING)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("who", "path"), rooms.rows(), ids=lambda value: value or "nobody")
def test_a_page_is_for_everybody_at_every_width(
    window: Open, town: Town, complaints: Complaints, who: str, path: str, language: str
) -> None:
    if who in town.people and path.startswith(rooms.SECRETS):
        town.entered(who).prove(PASSWORD)
    if path == MISSING:
        complaints.forgive("404")
    page = window(who, language)
    asked = address(town.web, path.format(**town.ids), language)
    answer = page.goto(asked, wait_until="load")
    assert answer is not None and answer.status == (404 if path == MISSING else 200), page.url
    assert page.url == asked, "it led elsewhere"
    assert page.evaluate("() => document.documentElement.lang") == language
    assert "�" not in page.inner_text("body")
    page.evaluate(UNFOLD, ["main details"])
    assert swept(page, WIDE, PHONE, NARROW) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", [rooms.NOBODY, "bob", "alice", "dave"], ids=lambda value: value or "nobody")
def test_the_menu_of_narrow_windows_is_for_everybody(window: Open, town: Town, who: str, language: str) -> None:
    page = window(who, language, PHONE)
    page.goto(address(town.web, "/catalogue", language), wait_until="load")
    page.evaluate(UNFOLD, ["details.menu"])
    assert swept(page, PHONE, NARROW) == []


def swept(page: Page, *widths: int) -> list[str]:
    wrong = []
    for width in widths:
        widen(page, width)
        lines = [*too_wide(page), *(axe.violations(page) if width in LOOKED_AT else ())]
        wrong += [f"{width}: {line}" for line in lines]
    return wrong
