"""The way from an account to a model, step by step, as a reader goes it."""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import expect

from atelier.demo.tiers import MIDDLE

from .reader import Reader
from .town import STEPS, Town

PASSWORD = "a long enough password"
TRIGGER = "neonstyle"
SENDS_FOR, TRAINS_FOR = 120_000, 240_000  # ms, at most


def sign_up(reader: Reader, town: Town, email: str) -> None:
    """From the landing page to the first page of her own."""
    reader.open("/")
    if not reader.page.get_by_role("navigation").get_by_role("link", name=reader.words("Create an account")).first.is_visible():
        reader.press(reader.page.locator("header summary"))
    reader.press(reader.page.locator("header").get_by_role("link", name=reader.words("Create an account")).locator("visible=true"))
    reader.write(reader.field("email"), email)
    reader.write(reader.field("password1"), PASSWORD)
    letters = town.mailbox(email)
    seen = letters.newest()
    reader.press(reader.button("Create an account"))
    reader.write(reader.field("code"), letters.code(after=seen))
    reader.press(reader.button("Confirm"))
    reader.sees("Good to see you")


def buy(reader: Reader, town: Town) -> None:
    """From her empty home to the licence. The webhook that grants it comes while she looks at the order."""
    reader.press(reader.link("Browse the catalogue").first)
    reader.press(reader.page.locator(f'main a[href$="/catalogue/{town.ids["offering"]}"]').first)
    reader.press(reader.link("Read and choose %(name)s", name=MIDDLE))
    reader.press(reader.link("Take this licence"))
    accept_and_pay(reader)
    reader.sees("The licence is yours")


def accept_and_pay(reader: Reader) -> None:
    """The payment page is another site's, in English."""
    reader.tick(reader.field("accept"))
    if reader.field("again").count():
        reader.tick(reader.field("again"))
    reader.press(reader.page.locator("#accept button"))
    reader.press(reader.page.get_by_role("button", name="Pay", exact=True))


def choose(reader: Reader, files: Sequence[Path]) -> None:
    """As soon as the page offers it."""
    expect(reader.page.locator("[data-drop]:not([inert])")).to_be_visible()
    reader.bring(reader.page.locator("[data-files]"), files)


def send(reader: Reader, files: Sequence[Path], clips: int) -> None:
    """Chooses the files; returns when all of the clips have arrived."""
    choose(reader, files)
    told = reader.page.locator(f'[data-word="end.{"one" if clips == 1 else "other"}"]').text_content() or ""
    expect(reader.page.locator("[data-live]")).to_have_text(told.replace("{n}", str(clips)), timeout=SENDS_FOR)


def say_what_is_seen(reader: Reader, clip: str, text: str, of: int) -> None:
    """Once all `of` them are checked, types one clip's caption; it is saved as soon as she leaves the field."""
    expect(reader.page.locator("#clips:not(:has(.waits)) li.clip")).to_have_count(of, timeout=SENDS_FOR)
    card = reader.page.locator("li.clip").filter(has=reader.page.get_by_role("heading", name=clip, exact=True))
    reader.write(card.get_by_role("textbox"), text)
    reader.press(card.get_by_role("button", name=reader.words("Save"), exact=True))
    expect(card.get_by_role("status")).to_have_text(reader.words("Saved"))


def settle(reader: Reader, project: str) -> None:
    """Few steps, and of everything else what the page proposes."""
    reader.write(reader.field("project"), project)
    reader.press(reader.page.locator("summary").filter(has_text=reader.words("Every number")))
    reader.write(reader.field("steps"), str(STEPS))
    reader.write(reader.field("checkpoint_every"), str(STEPS // 2))
    reader.press(reader.button("Save and see the quote"))
    reader.sees("What it takes")


def start(reader: Reader) -> None:
    reader.press(reader.button("Start the training"))
    reader.page.wait_for_url(re.compile(r"/trainings/trn_\w+$"))


def watch(reader: Reader) -> None:
    """Until it is done, without touching the page: what is here moves by itself."""
    reader.page.evaluate("() => { window.sameDocument = true }")
    expect(reader.link("Open the model")).to_be_visible(timeout=TRAINS_FOR)
    assert reader.page.evaluate("() => window.sameDocument === true")


def take_home(reader: Reader) -> Path:
    """Downloads a copy of the model, which has the digest that its page names."""
    reader.press(reader.link("Open the model"))
    reader.press(reader.button("Prepare the %(layout)s file", layout="Diffusers"))
    reader.sees("It is ready")
    digest = reader.page.locator("#sha").inner_text()
    with reader.page.expect_download() as download:
        reader.press(reader.page.locator("a[download]"))
    path = Path(download.value.path())
    assert hashlib.sha256(path.read_bytes()).hexdigest() == digest
    return path
