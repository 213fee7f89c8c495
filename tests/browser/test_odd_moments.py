"""What happens to people: sessions end, tabs multiply, servers go away, and everything that was begun is still there."""

import re
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Route, expect

from atelier.demo import creator, wire
from atelier.demo.journey import PASSWORD
from atelier.devstack.stack import Stack

from . import way
from .conftest import Open
from .reader import Reader
from .town import LONG_NAME, Town, number_in
from .window import NARROW, Complaints, too_wide

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
AWAY = r"Failed to load resource|ERR_|has been blocked by CORS|^50\d "
OUTAGE = 12  # seconds


def stills(folder: Path, count: int) -> list[Path]:
    """Small pictures, no two alike, each with a caption beside it."""
    noise = np.random.default_rng(count)
    for number in range(count):
        path = folder / f"still-{number:03}.png"
        Image.fromarray(noise.integers(0, 255, (64, 64, 3), np.uint8)).save(path)
        path.with_suffix(".txt").write_text(f"grain number {number}")
    return sorted(folder.glob("still-*.png"))


def checked(town: Town, dataset: str) -> list[dict[str, Any]] | None:
    """Everything in it, once nothing is on its way any more."""
    assets = list(town.people["bob"].all(f"/datasets/{dataset}/assets"))
    return None if any(asset["state"] in ("uploading", "checking") for asset in assets) else assets


def opened(town: Town, name: str) -> str:
    """A dataset of bob's without a file."""
    return str(town.people["bob"].post("/datasets", {"name": name})["id"])


def test_a_session_that_ends_in_the_wizard_costs_nothing_that_was_typed(window: Open, town: Town) -> None:
    draft = number_in(town.entered("bob").post("/trainings/new", **{"from": town.ids["training"]}).url.path, "dft")
    reader = Reader(window("bob", "en"), "en")
    reader.open(f"/trainings/new/{draft}/settings")
    reader.page.context.clear_cookies(name="sessionid")
    reader.write(reader.field("name"), "Lanterns at sea")
    reader.press(reader.button("Save and see the quote"))
    reader.write(reader.field("login"), town.people["bob"].email)
    reader.write(reader.field("password"), PASSWORD)
    reader.press(reader.button("Sign in"))
    expect(reader.field("name")).to_have_value("Lanterns at sea")
    reader.press(reader.button("Save and see the quote"))
    reader.sees("What it takes")
    reader.press(reader.page.locator("summary").filter(has_text=reader.words("Throw this draft away")))
    reader.press(reader.button("Yes, throw it away"))


def test_going_back_after_paying_buys_nothing_twice(window: Open, town: Town, complaints: Complaints) -> None:
    complaints.forgive(r"410 \(Gone\)")
    reader = Reader(window("carol", "en"), "en")
    before = paid(town)
    reader.open(f"/tiers/{town.ids['tier']}/buy")
    way.accept_and_pay(reader)
    reader.sees("The licence is yours")
    for _ in range(5):
        if reader.page.locator("#accept").count():
            break
        reader.page.go_back()
    reader.tick(reader.field("accept"))
    reader.field("again").uncheck()
    reader.press(reader.page.locator("#accept button"))
    expect(reader.page.locator("#accept [name=again]:invalid")).to_be_attached()
    assert paid(town) == before + 1


def paid(town: Town) -> int:
    """How many orders carol has paid."""
    return sum(order["state"] == "paid" for order in town.people["carol"].all("/orders"))


def test_two_tabs_on_one_dataset_do_not_overwrite_each_other(window: Open, town: Town, complaints: Complaints) -> None:
    complaints.forgive(r"409 \(Conflict\)|422 \(Unprocessable")
    dataset = town.dataset(town.people["bob"], "Two tabs", seal=False)
    first = Reader(window("bob", "en"), "en")
    second = Reader(first.page.context.new_page(), "en")
    for reader in (first, second):
        reader.open(f"/datasets/{dataset}")
    for reader, text in ((first, "a lantern, seen first"), (second, "a lantern, seen second")):
        card = reader.page.locator("li.clip").first
        reader.write(card.get_by_role("textbox"), text)
        reader.press(card.get_by_role("button", name=reader.words("Save"), exact=True))
        expect(card.get_by_role("status").or_(card.get_by_role("alert")).first).not_to_be_empty()
    card = second.page.locator("li.clip").first
    expect(card.get_by_role("alert")).to_contain_text("a lantern, seen first")
    expect(card.get_by_role("textbox")).to_have_value("a lantern, seen second")
    second.press(card.get_by_role("button", name=second.words("Keep mine"), exact=True))
    expect(card.get_by_role("status")).to_have_text(second.words("Saved"))
    first.page.reload()
    expect(first.page.locator("li.clip").first.get_by_role("textbox")).to_have_value("a lantern, seen second")


def test_of_300_files_the_10_bad_ones_say_what_is_wrong_and_290_are_usable(window: Open, town: Town, tmp_path: Path) -> None:
    bad = [tmp_path / f"bad-{number}.{'gif' if number < 5 else 'png'}" for number in range(10)]
    for path in bad:
        path.write_bytes(b"no picture at all")
    good = stills(tmp_path, 290)
    reader = Reader(window("bob", "en"), "en")
    dataset = opened(town, "Three hundred")
    reader.open(f"/datasets/{dataset}")
    way.choose(reader, [*bad, *good, *(path.with_suffix(".txt") for path in good)])
    rows = reader.page.locator("[data-list] > li")
    unsent = rows.filter(has=reader.page.locator("[data-problem]:visible"))
    expect(rows).to_have_count(5, timeout=300_000)
    expect(unsent).to_have_count(5)
    for line in unsent.locator("[data-problem]").all_inner_texts():
        assert "neither a video nor a still" in line
    assets = wire.until(lambda: checked(town, dataset), within=240, late="not all files are checked")
    assert sorted(asset["state"] for asset in assets) == ["ready"] * 290 + ["refused"] * 5
    assert all(asset["caption"] for asset in assets if asset["state"] == "ready")
    reader.open(f"/datasets/{dataset}?show=problems")
    expect(reader.page.locator("li.clip .wrong")).to_have_count(5)


def test_without_javascript_everything_goes_but_sending_files_and_watching_live(window: Open, town: Town) -> None:
    """With the clips of a dataset that a program has filled."""
    dataset = town.dataset(town.people["bob"], "Without JavaScript", seal=False)
    reader = Reader(window("bob", "en", java_script_enabled=False), "en")
    reader.open(f"/datasets/{dataset}")
    expect(reader.page.locator(".upload noscript *").first).to_be_visible()
    card = reader.page.locator("li.clip").first
    reader.write(card.get_by_role("textbox"), "written without JavaScript")
    reader.press(card.get_by_role("button", name=reader.words("Save"), exact=True))
    expect(reader.page.locator("li.clip").first.get_by_role("textbox")).to_have_value("written without JavaScript")
    reader.press(reader.link("Declare and seal"))
    reader.tick(reader.field("agreed"))
    reader.press(reader.button("Declare and seal"))
    reader.open(f"/trainings/new?dataset={dataset}&licence={town.ids['licence']}")
    reader.press(reader.button("Continue"))
    reader.press(reader.button("Continue"))
    way.settle(reader, "A silent film")
    way.start(reader)
    for _ in range(60):
        if reader.link("Open the model").count():
            break
        reader.page.wait_for_timeout(1000)
        with reader.page.expect_navigation():
            reader.press(reader.page.locator("[data-run] > noscript a"))
    way.take_home(reader)


@pytest.mark.parametrize("path", ["/home", "/datasets", "/trainings/new", "/models", "/models/{model}"])
def test_a_name_of_200_arabic_letters_breaks_no_page(window: Open, town: Town, path: str) -> None:
    """On the narrowest screen; the dataset of this name stands in the table of all pages."""
    town.entered("bob").post(f"/models/{town.ids['model']}/name", name=LONG_NAME)
    page = window("bob", "en", NARROW)
    page.goto(f"/en{path.format(**town.ids)}")
    named = page.get_by_role("main").get_by_text(LONG_NAME[:40]).first
    expect(named).to_be_attached()
    assert named.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert too_wide(page) == []


def test_a_run_page_goes_on_by_itself_when_the_web_server_is_restarted(
    window: Open, town: Town, stack: Stack, complaints: Complaints
) -> None:
    complaints.forgive(AWAY)
    bob, ids = town.people["bob"], town.ids
    offered = creator.quote(bob, ids["licence"], ids["dataset"], ids["project"], creator.Wish(60, "neonstyle", []))
    training = bob.post("/trainings", {"quote": offered["id"]})["id"]
    reader = Reader(window("bob", "en"), "en")
    reader.open(f"/trainings/{training}")
    expect(reader.page.locator("[data-now=step]")).to_have_text(re.compile(r"^[1-9]"), timeout=way.TRAINS_FOR)
    reader.page.evaluate("() => { window.beforeRestart = true }")
    stack.restart("web")
    expect(reader.link("Open the model")).to_be_visible(timeout=way.TRAINS_FOR)
    assert reader.page.evaluate("() => window.beforeRestart === true")


def test_an_upload_outlives_a_store_that_is_away(window: Open, town: Town, stack: Stack, complaints: Complaints, tmp_path: Path) -> None:
    """Nobody touches the page between choosing the files and their arrival."""
    complaints.forgive(AWAY)
    files, dataset = stills(tmp_path, 40), opened(town, "Outage")
    reader = Reader(window("bob", "en"), "en")
    reader.open(f"/datasets/{dataset}")
    with reader.page.expect_response(lambda answer: "partNumber=" in answer.url):
        way.choose(reader, files)
    stack.kill_service("s3")
    reader.page.wait_for_timeout(OUTAGE * 1000)
    stack.start_service("s3")
    expect(reader.page.locator("[data-list] > li")).to_have_count(0, timeout=180_000)
    states = {asset["state"] for asset in town.people["bob"].all(f"/datasets/{dataset}/assets")}
    assert states <= {"checking", "ready"}


def test_a_reload_in_the_middle_of_an_upload_sends_no_part_twice(window: Open, town: Town, tmp_path: Path) -> None:
    big, dataset = tmp_path / "big.mp4", opened(town, "Reload")
    big.write_bytes(uuid4().bytes * (28 << 16))  # 28 MiB: four parts
    reader = Reader(page := window("bob", "en"), "en")
    sent: list[int] = []
    held: list[int] = [3, 4]

    def store(route: Route) -> None:
        number = int(re.findall(r"partNumber=(\d+)", route.request.url)[0])
        if route.request.method == "PUT" and number in held:
            return  # it hangs, until the page goes
        if route.request.method == "PUT":
            sent.append(number)
        route.continue_()

    page.route(re.compile("partNumber="), store)
    reader.open(f"/datasets/{dataset}")
    way.choose(reader, [big])
    arrived(page, town, dataset, 2)
    held.clear()
    page.reload()
    way.choose(reader, [big])
    expect(page.locator("[data-list] > li")).to_have_count(0, timeout=way.SENDS_FOR)
    assert sorted(sent) == [1, 2, 3, 4]


def arrived(page: Page, town: Town, dataset: str, parts: int) -> None:
    """Waits until the store holds so many parts of the only file."""
    bob = town.people["bob"]
    for _ in range(100):
        assets = list(bob.all(f"/datasets/{dataset}/assets"))
        if assets and len(bob.get(f"/assets/{assets[0]['id']}")["arrived"]) >= parts:
            return
        page.wait_for_timeout(200)
    raise AssertionError("the parts do not arrive")
