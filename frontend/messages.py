"""The translations: python frontend/messages.py update | check | compile. In plain Python, for no gettext tool need be installed.

Source strings are English, and both catalogues are complete: the English one repeats them and carries the plurals.
"""

import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

FRONTEND = Path(__file__).resolve().parent
PACKAGE = FRONTEND.parent / "platform" / "atelier"
LANGUAGES = ("fr", "en")
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext_lazy": (1, 2),
    "pgettext_lazy": ((1, "c"), 2),
    "Refused": (2,),
}


def sources() -> Iterator[tuple[str, str]]:
    """Name and text, as Python, of everything that may hold a message."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(FRONTEND.parent).as_posix(), path.read_text()
    for path in sorted(file for file in (FRONTEND / "templates").rglob("*") if file.is_file()):
        yield path.relative_to(FRONTEND.parent).as_posix(), templatize(path.read_text(), origin=str(path))


def extracted() -> Catalog:
    found = Catalog()
    for name, text in sources():
        for _line, function, message, _ in extract_python(BytesIO(text.encode()), KEYWORDS, [], {"encoding": "utf-8"}):
            spec, parts = KEYWORDS[function] or (1,), message if isinstance(message, tuple) else (message,)
            context, words = _spoken(spec, parts)
            if words and all(isinstance(word, str) and word for word in words):
                found.add(words[0] if len(words) == 1 else words, locations=[(name, None)], context=context)
    return found


def _spoken(spec: tuple[Any, ...], parts: tuple[Any, ...]) -> tuple[Any, tuple[Any, ...]]:
    """Context and words among a call's arguments, where its keyword says they stand; None for one that is no plain text."""
    context = next((parts[place[0] - 1] for place in spec if isinstance(place, tuple)), None)
    return context, tuple(parts[place - 1] if place <= len(parts) else None for place in spec if isinstance(place, int))


def path(language: str) -> Path:
    return FRONTEND / "locale" / language / "LC_MESSAGES" / "django.po"


def read(language: str) -> Catalog:
    if not path(language).exists():
        return Catalog(locale=language)
    with path(language).open("rb") as file:
        return read_po(file, locale=language)


def update() -> None:
    template = extracted()
    for language in LANGUAGES:
        catalog = read(language)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        catalog.fuzzy, catalog.header_comment = False, f"# Atelier: {language}"
        if language == "en":
            for message in catalog:
                message.string = message.id if message.id else message.string
        path(language).parent.mkdir(parents=True, exist_ok=True)
        with path(language).open("wb") as file:
            write_po(file, catalog, sort_output=True, width=140, omit_header=False, include_lineno=False)


def complaints() -> list[str]:
    """One sentence for each message that is missing, left over, fuzzy, empty, or whose placeholders differ."""
    wanted, said = extracted(), []
    for language in LANGUAGES:
        catalog = read(language)
        for message in wanted:
            known = catalog.get(message.id, message.context) if message.id else None
            if message.id and (known is None or not all(_strings(known.string))):
                said.append(f"{language}: not translated: {message.id!r}")
        for message in catalog:
            if message.id and wanted.get(message.id, message.context) is None:
                said.append(f"{language}: nobody says this any more: {message.id!r}")
            if message.id and message.fuzzy:
                said.append(f"{language}: fuzzy: {message.id!r}")
            said += [f"{language}: {error}: {message.id!r}" for error in message.check(catalog)]
    return said


def _strings(string: object) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string or ("",))  # type: ignore[arg-type]


def compiled() -> None:
    for language in LANGUAGES:
        with path(language).with_suffix(".mo").open("wb") as file:
            write_mo(file, read(language))


def main(command: str) -> int:
    settings.configure()
    if command == "check":
        said = complaints()
        print(*said, sep="\n", end="\n" if said else "")
        return bool(said)
    {"update": update, "compile": compiled}[command]()
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
