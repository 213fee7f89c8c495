"""`bundle-verifier OUT.py`: the verifier as one file that may be handed around and read through.

The modules are in it as they are, in one table, and are imported from there: joined end to end, their private names would collide.
"""

import argparse
import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import licensing
from licensing.commands.shell import Answer, Unreadable, declare

ROOT = "licensing.commands.verifier"
FOLDER = Path(licensing.__file__).parent
HEAD = '''\
#!/usr/bin/env python3
"""Verifies the certificates and audit logs of Atelier, offline. Python 3.11, with `pip install cryptography rfc8785`.

    python THIS_FILE verify MODEL.safetensors --trust ROOT.pub [--revocations LIST] [--licensee N] [--at ISO8601] [--json]
    python THIS_FILE audit verify BUNDLE --trust ROOT.pub [--since CHECKPOINT] [--json]

Written by `python -m licensing bundle-verifier`. SOURCES holds the modules of Atelier's `licensing` package that it needs, word for word;
the last lines import them from there and nothing else of that name.
"""

import sys
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.util import spec_from_loader

SOURCES = {}
'''
TAIL = '''
class Inside(MetaPathFinder, InspectLoader):
    """Finds the modules of SOURCES before anything that is installed."""

    def find_spec(self, name, path=None, target=None):
        return spec_from_loader(name, self, origin=__file__) if name in SOURCES else None

    def get_source(self, name):
        return SOURCES[name]

    def is_package(self, name):
        return any(other.startswith(name + ".") for other in SOURCES)


if __name__ == "__main__":
    sys.meta_path.insert(0, Inside())
    from licensing.commands.verifier import main

    raise SystemExit(main())
'''


def add(commands: Any) -> None:
    parser = declare(commands, "bundle-verifier", "write the verifier as one file that needs only cryptography and rfc8785", answer)
    parser.add_argument("out", type=Path, metavar="OUT.py")


def answer(wanted: argparse.Namespace) -> Answer:
    try:
        wanted.out.write_text(bundle(), encoding="utf-8")
    except OSError as error:
        raise Unreadable(f"{wanted.out} cannot be written: {error.strerror}") from error
    return Answer(f"{wanted.out}: {len(modules())} modules")


def bundle() -> str:
    """The same sources always give the same file, so that its hash may be published."""
    return HEAD + "".join(_entry(name, path.read_text(encoding="utf-8")) for name, path in modules().items()) + TAIL


def modules() -> dict[str, Path]:
    """The verifier's module and everything of ours that it imports, by name."""
    found: dict[str, Path] = {}
    waiting = [ROOT]
    while waiting:
        name = waiting.pop()
        if name not in found and (path := _path(name)):
            found[name] = path
            waiting += [name.rpartition(".")[0], *_imports(path)]
    return dict(sorted(found.items()))


def _entry(name: str, source: str) -> str:
    literal = f"r'''{source}'''"
    if ast.literal_eval(literal) != source:
        raise ValueError(f"{name} cannot be quoted as it is: it holds three quotes, or ends in a backslash.")
    return f'\nSOURCES["{name}"] = {literal}\n'


def _path(name: str) -> Path | None:
    """The file of a module of ours; None for a name that is no module: what `from` takes out of one, or somebody else's."""
    package, *rest = name.split(".")
    path = FOLDER.joinpath(*rest)
    choices = (path.with_suffix(".py"), path / "__init__.py") if rest else (FOLDER / "__init__.py",)
    return next((choice for choice in choices if choice.is_file()), None) if package == licensing.__name__ else None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
