"""One whole stack, one browser, and windows that fail the test in which their browser complained."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Protocol

import pytest
from playwright.sync_api import Browser, Page, expect

from atelier.devstack import browser as devstack
from atelier.devstack.stack import Stack
from atelier.devstack.wheels import REPOSITORY

from .doorways import stand_open
from .town import Town
from .window import HEIGHTS, LOCALES, WIDE, Complaints

PATIENCE = 45_000  # ms; two busy cores


class Open(Protocol):
    def __call__(self, who: str = "", language: str = "fr", width: int = WIDE, **options: Any) -> Page: ...


@pytest.fixture(scope="package")
def stack() -> Iterator[Stack]:
    parent = REPOSITORY / "var" / "test-browser"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=parent))
    with Stack(folder) as running:
        yield running
    shutil.rmtree(folder)


@pytest.fixture(scope="package")
def town(stack: Stack, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    made = Town(stack, tmp_path_factory.mktemp("clips"))
    stand_open(made, browser)
    yield made
    made.close()


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Closed at the end of this folder: Playwright runs an event loop in this thread, beside which Django would refuse other tests."""
    expect.set_options(timeout=PATIENCE)
    with devstack.opened() as running:
        yield running


@pytest.fixture
def complaints() -> Complaints:
    return Complaints()


@pytest.fixture
def window(browser: Browser, town: Town, complaints: Complaints) -> Iterator[Open]:
    """Opens windows of anybody, and closes them after the test."""
    contexts = []

    def opened(who: str = "", language: str = "fr", width: int = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            base_url=town.web,
            locale=LOCALES[language],
            viewport={"width": width, "height": HEIGHTS[width]},
            storage_state=town.state(who),
            reduced_motion="reduce",
            **options,
        )
        context.set_default_timeout(PATIENCE)
        complaints.listen(context)
        contexts.append(context)
        return context.new_page()

    yield opened
    for context in contexts:
        context.close()
    if left := complaints.left():
        told = town.stack.log("web").read_text(errors="replace").splitlines()[-30:]
        pytest.fail("\n".join(["The browser complained:", *left, "The web server's last lines:", *told]), pytrace=False)
