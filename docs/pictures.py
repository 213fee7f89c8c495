"""Takes docs/pictures/*.webp anew, the ten main pages in both languages, from a whole stack of its own: python docs/pictures.py"""

import base64
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page

from atelier.devstack import browser
from atelier.devstack.stack import Stack
from tests.browser.town import MAIN, Town
from tests.browser.window import LANGUAGES, LOCALES, address

HERE = Path(__file__).resolve().parent
OUT = HERE / "pictures"
SCREEN = {"width": 1280, "height": 800}
MOST = 60_000  # bytes
QUALITIES = (90, 80, 70, 60, 50, 40, 30)
STEPS = 120
CALM = 800  # ms in which pictures arrive and charts are drawn


def main() -> None:
    with TemporaryDirectory() as drawn, Stack(HERE.parent / "var" / "pictures", fresh=True) as stack, browser.opened() as running:
        town = Town(stack, Path(drawn), steps=STEPS, name="Lanternes")
        take(town, running)
        town.close()


def take(town: Town, running: Browser) -> None:
    OUT.mkdir(exist_ok=True)
    for language in LANGUAGES:
        for name, (who, path) in MAIN.items():
            context = running.new_context(
                viewport={**SCREEN}, locale=LOCALES[language], storage_state=town.state(who), reduced_motion="reduce"
            )
            page = context.new_page()
            answer = page.goto(address(town.web, path.format(**town.ids), language), wait_until="load")
            if answer is None or answer.status != 200:
                sys.exit(f"pictures: {page.url} answered {answer and answer.status}")
            page.wait_for_timeout(CALM)
            target = OUT / f"{name.replace(' ', '-')}.{language}.webp"
            target.write_bytes(taken(page))
            print(f"{target.relative_to(HERE.parent)}  {target.stat().st_size:,} bytes")
            context.close()


def taken(page: Page) -> bytes:
    """As good as MOST allows."""
    tools = page.context.new_cdp_session(page)
    for quality in QUALITIES:
        picture = base64.b64decode(tools.send("Page.captureScreenshot", {"format": "webp", "quality": quality})["data"])
        if len(picture) <= MOST:
            return picture
    sys.exit(f"pictures: {page.url} does not fit into {MOST:,} bytes")


if __name__ == "__main__":
    main()
