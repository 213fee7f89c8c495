"""What people type, made fit to keep: file names and captions."""

import hashlib
import unicodedata
from pathlib import PurePosixPath

from atelier.kit.refused import Refused

from .limits import CAPTION_SIGNS, NAME_SIGNS

# Marks that turn the reading direction: with one, "gpj.exe" reads "exe.jpg". Right-to-left letters need none of them.
DIRECTION_MARKS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# Control signs, lone surrogates, line and paragraph separators.
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


def file_name(text: str) -> str:
    """The name to show. macOS writes é as two signs; both spellings become one, so that a caption finds its clip."""
    name = shown(text)
    if not name:
        raise Refused("NAME_EMPTY", "The file has no name that can be shown. Rename it and add it again.", status=422)
    if len(name) > NAME_SIGNS:
        raise Refused(
            "NAME_TOO_LONG", "A file name has at most %(most)s characters. Rename the file and add it again.", status=422, most=NAME_SIGNS
        )
    return name


def normal(text: str) -> str:
    """One spelling for each sign, as file names and captions are kept."""
    return unicodedata.normalize("NFC", text)


def shown(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFC", text) if _printable(sign)).strip()


def title(text: str) -> str:
    name = shown(text)
    if not name:
        raise Refused("NAME_EMPTY", "Give the dataset a name that can be shown.", status=422)
    return name


def caption(text: str) -> str:
    """One line, single spaces. Raises Refused("CAPTION_TOO_LONG")."""
    line = " ".join("".join(sign if _printable(sign) else " " for sign in unicodedata.normalize("NFC", text)).split())
    if len(line) > CAPTION_SIGNS:
        raise Refused(
            "CAPTION_TOO_LONG",
            "This caption has %(signs)s characters; at most %(most)s are read. Say in one or two sentences what is seen.",
            status=422,
            signs=len(line),
            most=CAPTION_SIGNS,
        )
    return line


def sidecar(name: str) -> str:
    """The name of the text file that holds a clip's caption, as most tools lay it beside the clip."""
    return f"{name.removesuffix(PurePosixPath(name).suffix)}.txt"


def mark(text: str) -> str:
    """Tells one caption from another without carrying it along."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _printable(sign: str) -> bool:
    return unicodedata.category(sign) not in UNPRINTABLE and sign not in DIRECTION_MARKS
