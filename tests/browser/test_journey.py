"""The main job in a browser, from the landing page to the file of a model."""

from pathlib import Path
from uuid import uuid4

import pytest
from playwright.sync_api import expect

from . import way
from .conftest import Open
from .reader import AtTheKeyboard, Reader
from .town import Town
from .window import PHONE, WIDE

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def newcomer() -> str:
    return f"{uuid4().hex[:12]}@example.org"


def with_captions(town: Town, *, but: int) -> list[Path]:
    """The clips and the text files beside them; one clip has none."""
    return [*town.clips, *(clip.with_suffix(".txt") for number, clip in enumerate(town.clips) if number != but)]


def test_from_the_landing_page_to_a_model_in_french(window: Open, town: Town) -> None:
    reader = Reader(window(width=WIDE), "fr")
    way.sign_up(reader, town, newcomer())
    way.buy(reader, town)
    reader.open("/datasets")
    reader.write(reader.field("name"), "Lanternes")
    reader.press(reader.page.locator("main aside form button"))
    way.send(reader, with_captions(town, but=0), len(town.clips))
    way.say_what_is_seen(reader, town.clips[0].name, "un cercle rouge qui monte", of=len(town.clips))
    reader.press(reader.link("Declare and seal"))
    reader.tick(reader.field("agreed"))
    reader.press(reader.button("Declare and seal"))
    expect(reader.page.locator("main")).to_contain_text(reader.words("Sealed. You can train with it now."))
    six_activations_to_a_queued_training(reader)
    way.watch(reader)
    way.take_home(reader)


def six_activations_to_a_queued_training(reader: Reader) -> None:
    """From the landing page, with one licence and one dataset: everything is proposed, only the film has to be named."""
    pressed = 0
    reader.open("/")
    for target in (
        reader.page.locator("header").get_by_role("link", name=reader.words("Home"), exact=True).first,
        reader.button("Train a model"),
        reader.button("Continue"),
    ):
        reader.press(target)
        pressed += 1
    way.settle(reader, "Un court métrage")
    way.start(reader)
    assert pressed + 2 <= 6


def test_from_the_landing_page_to_a_model_on_a_phone(window: Open, town: Town) -> None:
    reader = Reader(window(language="en", width=PHONE, is_mobile=True, has_touch=True), "en")
    the_whole_way_through_the_wizard(reader, town)


def test_from_the_landing_page_to_a_model_by_keyboard_alone(window: Open, town: Town) -> None:
    reader = AtTheKeyboard(window(language="en", width=WIDE), "en")
    the_whole_way_through_the_wizard(reader, town)


def the_whole_way_through_the_wizard(reader: Reader, town: Town) -> None:
    way.sign_up(reader, town, newcomer())
    way.buy(reader, town)
    reader.press(reader.link("Train a model now"))
    reader.tick(reader.field("dataset", "new"))
    reader.write(reader.page.locator("#id_name"), "Lanterns")
    reader.press(reader.button("Continue"))
    way.send(reader, with_captions(town, but=1), len(town.clips))
    reader.press(reader.button("On to the captions"))
    reader.page.wait_for_url("**/captions")
    way.say_what_is_seen(reader, town.clips[1].name, "a blue square that turns", of=len(town.clips))
    reader.write(reader.field("trigger"), way.TRIGGER)
    reader.tick(reader.field("agreed"))
    reader.press(reader.button("Seal and continue"))
    way.settle(reader, "A short film")
    way.start(reader)
    way.watch(reader)
    way.take_home(reader)
