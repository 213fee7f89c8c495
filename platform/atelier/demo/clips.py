"""Which files the creator brings, and what is seen in each: sidecars, a captions file, and at last the person at the terminal."""

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from unicodedata import normalize

from atelier.demo.trouble import Trouble

VIDEOS = (".mp4", ".mov", ".webm", ".mkv")
STILLS = (".png", ".jpg", ".jpeg", ".webp")
DRAWN_STYLE, DRAWN_COUNT = "neon", 24


@dataclass(frozen=True)
class Clip:
    """`caption` is empty when there is no sidecar."""

    path: Path
    caption: str

    @property
    def name(self) -> str:
        return self.path.name


@dataclass(frozen=True)
class Found:
    """`left_aside`: names of files that are neither clips nor sidecars."""

    clips: list[Clip]
    left_aside: list[str]


def find(folder: Path) -> Found:
    """The clips that lie directly in the folder, by name. Raises Trouble when there is none."""
    if not folder.is_dir():
        raise Trouble(f"There is no folder {folder}.", "no_clips")
    files = sorted((path for path in folder.iterdir() if path.is_file() and not path.name.startswith(".")), key=lambda path: path.name)
    media = [path for path in files if path.suffix.lower() in VIDEOS + STILLS]
    if not media:
        raise Trouble(f"{folder} holds no {' '.join(VIDEOS + STILLS)} file.", "no_clips")
    return Found([Clip(path, sidecar(path)) for path in media], [p.name for p in files if p not in media and p.suffix.lower() != ".txt"])


def sidecar(path: Path) -> str:
    """The text beside a clip: NAME.txt, or NAME.mp4.txt. Empty when there is none."""
    for beside in (path.with_suffix(".txt"), path.with_name(f"{path.name}.txt")):
        if beside.is_file():
            return _read(beside).strip()
    return ""


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Trouble(f"{path} is no UTF-8 text. Save it as UTF-8.", "bad_captions") from error
    except OSError as error:
        raise Trouble(f"{path} cannot be read: {error.strerror}.", "bad_captions") from error


def captions_file(path: Path) -> dict[str, str]:
    """File name to caption, from a JSON object or from lines `name<TAB>caption`."""
    text = _read(path)
    captions = _json(path, text) if text.lstrip().startswith("{") else dict(_line(path, line) for line in text.splitlines() if line.strip())
    return {key_of(name): caption.strip() for name, caption in captions.items()}


def _json(path: Path, text: str) -> dict[str, str]:
    try:
        found = json.loads(text)
    except ValueError as error:
        raise Trouble(f"{path} is not JSON: {error}.", "bad_captions") from error
    if not all(isinstance(caption, str) for caption in found.values()):
        raise Trouble(f"{path} must give one text for each file name.", "bad_captions")
    return dict(found)


def _line(path: Path, line: str) -> tuple[str, str]:
    name, tab, caption = line.partition("\t")
    if not tab:
        raise Trouble(f"{path}: {line[:60]!r} has no tab between the file's name and its caption.", "bad_captions")
    return name.strip(), caption


def key_of(name: str) -> str:
    """macOS writes é as two signs, others as one: both spellings name the same file."""
    return normalize("NFC", name)


def complete(names: Iterable[str], given: Mapping[str, str], *, ask: bool) -> dict[str, str]:
    """A caption for each of these names: as given, else from the person at the terminal. Raises Trouble naming what is missing."""
    answers = {name: given.get(key_of(name), "") for name in names}
    missing = [name for name, caption in answers.items() if not caption]
    if missing and not ask:
        raise Trouble(
            f"What is seen in {', '.join(missing)}? Write one sentence into a .txt file of the same name, or give --captions FILE.",
            "caption_missing",
        )
    for name in missing:
        answers[name] = _ask(name)
    return answers


def _ask(name: str) -> str:
    while True:
        try:
            answer = input(f"  What is seen in {name}? One sentence: ").strip()
        except EOFError as end:
            raise Trouble(f"{name} has no caption.", "caption_missing") from end
        if answer:
            return answer


def draw(folder: Path) -> None:
    """Clips of our own, drawn by rule in a style that the base has never seen."""
    command = [sys.executable, "-m", "finetune", "draw", str(folder), "--count", str(DRAWN_COUNT), "--style", DRAWN_STYLE]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise Trouble(f"The clips could not be drawn: {done.stderr.strip()[-500:]}")
