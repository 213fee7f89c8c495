"""Every page at three widths in both languages: WCAG 2.2 AA and axe's best practice, and nothing that scrolls sideways."""

import pytest
from django.urls import Resolver404

from atelier.demo.journey import PASSWORD

from . import axe, rooms
from .conftest import Open
from .town import Town
from .window import LANGUAGES, NARROW, PHONE, WIDE, Complaints, address, too_wide, widen

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
MISSING = "/nowhere"


def test_every_page_of_the_site_stands_in_the_table_and_nothing_else_does() -> None:
    aside = {*rooms.listed(rooms.ON_THE_WAY), *rooms.listed(rooms.NO_PAGES)}
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
    if who and path.startswith(rooms.SECRETS):
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
    wrong = []
    for width in (WIDE, PHONE, NARROW):
        widen(page, width)
        wrong += [f"{width}: {line}" for line in (*too_wide(page), *axe.violations(page))]
    assert not wrong, "\n".join(wrong)
