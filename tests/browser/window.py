"""Browser windows of people, and what a browser complains about while they are open."""

import re
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Response, WebError

PHONE, NARROW, WIDE = 390, 320, 1440
HEIGHTS = {PHONE: 844, NARROW: 640, WIDE: 900}
LANGUAGES = ("fr", "en")
LOCALES = {"fr": "fr-FR", "en": "en-GB"}


def address(web: str, path: str, language: str) -> str:
    """`path` is the French one; English pages stand below /en/."""
    return f"{web}{'/en' if language == 'en' else ''}{path}"


@dataclass
class Complaints:
    """Errors and warnings of the console, which is where a browser also tells of its policy, uncaught errors, and answers from 500 on."""

    heard: list[str] = field(default_factory=list)
    forgiven: list[str] = field(default_factory=list)

    def listen(self, context: BrowserContext) -> None:
        context.on("console", self._console)
        context.on("weberror", self._thrown)
        context.on("response", self._answer)

    def forgive(self, pattern: str) -> None:
        """For what a test provokes; in force from its first window to its last."""
        self.forgiven.append(pattern)

    def left(self) -> list[str]:
        return [line for line in self.heard if not any(re.search(pattern, line) for pattern in self.forgiven)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.heard.append(f"{message.type} {message.text} ({message.location['url']})")

    def _thrown(self, error: WebError) -> None:
        self.heard.append(f"uncaught {error.error}")

    def _answer(self, response: Response) -> None:
        if response.status >= 500:
            self.heard.append(f"{response.status} {response.request.method} {response.url}")


def too_wide(page: Page) -> list[str]:
    """What reaches beyond the window's right edge, when the page scrolls sideways. A chart may take a moment to fit a new width."""
    for _ in range(10):
        if not (found := _beyond(page)):
            break
        page.wait_for_timeout(100)
    return found


def _beyond(page: Page) -> list[str]:
    found: list[str] = page.evaluate(
        """() => document.documentElement.scrollWidth <= innerWidth ? [] : [
            `${document.documentElement.scrollWidth} wide in ${innerWidth}`,
            ...[...document.querySelectorAll("body *")].filter(one => one.getBoundingClientRect().right > innerWidth + 1)
                .slice(-4).map(one => one.outerHTML.slice(0, 120))]"""
    )
    return found


def widen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": HEIGHTS[width]})
