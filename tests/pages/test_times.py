"""Times on pages: the server tells them in UTC, and says so; an island tells them anew in the reader's own zone."""

import re
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client
from django.utils.translation import override

from atelier.kit.templatetags.shown import MOMENTS, moment
from tests.world import World

NOON = datetime(2026, 11, 22, 14, 5, 9, tzinfo=timezone(timedelta(hours=2)))
FRONTEND = Path(settings.ROOT) / "frontend"
# What is kept or printed stays in UTC, as do the days by which a chart counts.
IN_UTC = {"checkout/invoice.html", "licences/text.html", "studio/chart.html"}


@pytest.mark.parametrize(
    ("language", "form", "shown"),
    [
        ("en", "full", "22 November 2026, 12:05\u00a0UTC"),
        ("fr", "full", "22 novembre 2026, 12:05\u00a0UTC"),
        ("en", "clock", "12:05\u00a0UTC"),
        ("en", "second", "22 Nov. 2026, 12:05:09\u00a0UTC"),
        ("fr", "day", "22 novembre 2026"),
    ],
)
def test_a_moment_is_told_in_utc_and_carries_what_the_browser_needs(language: str, form: str, shown: str) -> None:
    with override(language):
        told = moment(NOON, form)
    assert told == f'<time datetime="2026-11-22T12:05:09+00:00" data-as="{form}">{shown}</time>'


def test_the_island_knows_every_form_of_a_moment() -> None:
    source = (FRONTEND / "islands" / "times.ts").read_text()
    assert set(re.findall(r"^  (\w+): \{ \w+Style", source, re.MULTILINE)) == set(MOMENTS)


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["", "/en"])
def test_every_page_loads_it_and_a_licence_has_its_times_told_so(world: World, client: Client, language: str) -> None:
    licence = world.licence()
    client.force_login(world.bob)
    page = client.get(f"{language}/licences/{licence.public_id}").content.decode()
    assert re.search(r'<script type="module" src="[^"]*times[^"]*\.js">', page)
    day = licence.granted_at.astimezone(UTC).isoformat(timespec="seconds")
    assert f'<time datetime="{day}" data-as="day">' in page


def test_no_template_tells_a_time_in_a_way_of_its_own() -> None:
    found = set()
    for path in (FRONTEND / "templates").rglob("*.html"):
        seen = re.sub(r'(aria-label|title)="\{% blocktranslate.*?endblocktranslate %\}"', "", path.read_text())
        if re.search(r"\|(date|time)\b", seen):
            found.add(path.relative_to(FRONTEND / "templates").as_posix())
    assert found <= IN_UTC
