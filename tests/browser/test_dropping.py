"""A folder that is let go over the page, as a mouse does it: Chromium is told of the drag as its window system would tell it."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from . import way
from .conftest import Open
from .test_odd_moments import opened, stills
from .town import Town

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]


def drop(page: Page, path: Path, x: float, y: float) -> None:
    """Something of this machine's disk, carried from outside to this point of the window, and let go."""
    tools = page.context.new_cdp_session(page)
    carried = {"items": [], "files": [str(path)], "dragOperationsMask": 1}
    for moment in ("dragEnter", "dragOver", "drop"):
        tools.send("Input.dispatchDragEvent", {"type": moment, "x": x, "y": y, "data": carried})


@pytest.mark.parametrize("beside", [False, True], ids=["on the field", "beside the field"])
def test_a_dropped_folder_brings_its_clips_with_their_folders_and_captions(window: Open, town: Town, tmp_path: Path, beside: bool) -> None:
    reel = tmp_path / "reel"
    (reel / "night").mkdir(parents=True)
    for path in stills(tmp_path, 3):
        path.rename(reel / path.name)
        path.with_suffix(".txt").rename(reel / path.with_suffix(".txt").name)
    for name in ("still-002.png", "still-002.txt"):
        (reel / name).rename(reel / "night" / name)
    (reel / ".DS_Store").write_bytes(b"left by a system")
    dataset = opened(town, f"Dropped, {beside}")
    page = window("bob", "en")
    page.goto(f"/en/datasets/{dataset}")
    expect(page.locator("[data-drop]:not([inert])")).to_be_visible()
    field = page.locator("[data-drop]").bounding_box()
    assert field is not None
    drop(page, reel, 5 if beside else field["x"] + 20, field["y"] + 20)
    expect(page.locator("[data-notes]")).to_contain_text("3 files have arrived.", timeout=way.SENDS_FOR)
    assets = {asset["name"]: asset["caption"] for asset in town.people["bob"].all(f"/datasets/{dataset}/assets")}
    assert assets == {f"{folder}still-{n:03}.png": f"grain number {n}" for n, folder in enumerate(["", "", "night/"])}
    assert page.url.endswith(dataset), "the browser opened the folder instead"
