"""Somebody in front of a window, in her language: with a mouse, or with the keyboard alone."""

from collections.abc import Sequence
from pathlib import Path

from django.utils.translation import gettext, ngettext, override
from playwright.sync_api import Locator, Page, expect

from .window import address

MOST_STOPS = 150  # of the Tab key on one page
SIGHT = """one => {
    const drawn = (at, part) => {
        const {outlineStyle, boxShadow} = getComputedStyle(at, part);
        return outlineStyle !== "none" || boxShadow !== "none";
    };
    const around = [one.nextElementSibling, one];
    for (let at = one.parentElement; at && !at.matches("main, body"); at = at.parentElement) around.push(at);
    return one.matches(":focus-visible") && around.some(at => at && (drawn(at) || drawn(at, "::before") || drawn(at, "::after")));
}"""


class Reader:
    """Finds things as she does: by what they are and what stands on them. Words are given in English, the language of the sources."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.language = page, language

    def words(self, english: str, **values: object) -> str:
        with override(self.language):
            return gettext(english) % values if values else gettext(english)

    def counted(self, one: str, many: str, count: int, **values: object) -> str:
        with override(self.language):
            return ngettext(one, many, count) % {"count": count, **values}

    def open(self, path: str) -> None:
        self.page.goto(address("", path, self.language))

    def button(self, english: str, **values: object) -> Locator:
        return self.page.get_by_role("button", name=self.words(english, **values), exact=True)

    def link(self, english: str, **values: object) -> Locator:
        """In what the page is about, not in its navigation."""
        return self.page.get_by_role("main").get_by_role("link", name=self.words(english, **values), exact=True)

    def field(self, name: str, value: str = "") -> Locator:
        return self.page.locator(f"main [name={name}]" + (f'[value="{value}"]' if value else ""))

    def sees(self, english: str, **values: object) -> None:
        expect(self.page.get_by_role("heading", name=self.words(english, **values), exact=True)).to_be_visible()

    # ---- her hands

    def press(self, target: Locator) -> None:
        target.click()

    def write(self, target: Locator, text: str) -> None:
        target.fill(text)

    def tick(self, target: Locator) -> None:
        target.check()

    def bring(self, field: Locator, files: Sequence[Path]) -> None:
        field.set_input_files(list(files))


class AtTheKeyboard(Reader):
    """Reaches everything with Tab and the arrows, and sees where she is."""

    def press(self, target: Locator) -> None:
        self._reach(target)
        self.page.keyboard.press("Enter")

    def write(self, target: Locator, text: str) -> None:
        self._reach(target)
        self.page.keyboard.press("ControlOrMeta+a")
        self.page.keyboard.type(text)

    def tick(self, target: Locator) -> None:
        if target.is_checked():
            return
        self._reach(target)
        self.page.keyboard.press("Space")
        expect(target).to_be_checked()

    def bring(self, field: Locator, files: Sequence[Path]) -> None:
        with self.page.expect_file_chooser() as chooser:
            self._reach(field)  # which the page answers, so that it knows by now that its chooser is awaited
            self.page.keyboard.press("Space")
        chooser.value.set_files(list(files))

    def _reach(self, target: Locator) -> None:
        for _ in range(MOST_STOPS):
            if target.evaluate("one => one === document.activeElement"):
                assert target.evaluate(SIGHT), f"nothing shows that the keyboard is at {target}"
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not reach {target}")
