"""What the commands share: how one is declared, answers and reads its files."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Any


class Refusal(ValueError):
    """What was asked about is refused; said to standard error, with exit status 1."""


class Unreadable(ValueError):
    """A file that the caller named is not there, or is not what the command needs: wrong use."""


@dataclass(frozen=True)
class Answer:
    """What is printed, and the exit status."""

    text: str
    status: int = 0


def declare(commands: Any, name: str, purpose: str, answer: Callable[[argparse.Namespace], Answer]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=purpose, description=purpose.capitalize() + ".")
    parser.set_defaults(answer=answer)
    return parser


def run(parser: argparse.ArgumentParser, wanted: argparse.Namespace) -> int:
    try:
        answer: Answer = wanted.answer(wanted)
    except Unreadable as error:
        parser.error(str(error))
    except Refusal as error:
        print(f"refused: {error}", file=sys.stderr)
        return 1
    print(answer.text)
    return answer.status


@contextmanager
def opened(path: Path) -> Iterator[BufferedReader]:
    try:
        with path.open("rb") as file:
            yield file
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from error


def read(path: Path, limit: int) -> bytes:
    """At most one byte more than `limit`, so that the reader of the bytes sees that they are too many."""
    with opened(path) as file:
        return file.read(limit + 1)
