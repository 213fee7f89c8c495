"""`python -m licensing`: the rules from a shell. The only part of the package that reads files.

Exit status: 0 done, 1 the terms are refused, 2 wrong use.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from licensing.context import Action
from licensing.diff import differences
from licensing.judge import TABLE
from licensing.terms import BadTerms, Terms
from licensing.text import licence_text
from licensing.texts import LANGUAGES

REFUSED = 1


class Unreadable(ValueError):
    """The file is not there, or holds no JSON."""


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    wanted = parser.parse_args(arguments)
    try:
        print(wanted.answer(wanted))
    except Unreadable as error:
        parser.error(str(error))
    except BadTerms as error:
        print(f"refused: {error}", file=sys.stderr)
        return REFUSED
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m licensing", description="The rules of a licence.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _command(commands, "rules", "print which rule applies to which action", lambda wanted: rules_table())
    terms = _command(commands, "terms", "check terms and print their id", lambda wanted: _read_terms(wanted.file).id)
    text = _command(commands, "text", "print the licence text of terms", lambda wanted: licence_text(_read_terms(wanted.file), wanted.lang))
    diff = _command(commands, "diff", "print in words how terms differ from older ones", _differences)
    terms.add_argument("file", type=Path, metavar="TERMS.json")
    text.add_argument("file", type=Path, metavar="TERMS.json")
    diff.add_argument("before", type=Path, metavar="BEFORE.json")
    diff.add_argument("after", type=Path, metavar="AFTER.json")
    for command in (text, diff):
        command.add_argument("--lang", choices=sorted(LANGUAGES), default="en")
    return parser


def _command(commands: Any, name: str, purpose: str, answer: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=purpose, description=purpose.capitalize() + ".")
    parser.set_defaults(answer=answer)
    return parser


def rules_table() -> str:
    """Every rule once, in the order of the longest way, with a mark under each action that must pass it."""
    rules = list(dict.fromkeys(rule for way in sorted(TABLE.values(), key=len, reverse=True) for rule in way))
    width = max(len(action) for action in Action)
    head = "  ".join(action.ljust(width) for action in Action)
    rows = ["  ".join(("x" if rule in TABLE[action] else "·").ljust(width) for action in Action) + f"  {rule.__doc__}" for rule in rules]
    return "\n".join([head, *rows])


def _differences(wanted: argparse.Namespace) -> str:
    found = differences(_read_terms(wanted.before), _read_terms(wanted.after), wanted.lang)
    return "\n\n".join(f"{change.heading} [{change.field}]\n- {change.before}\n+ {change.after}" for change in found)


def _read_terms(path: Path) -> Terms:
    try:
        data = json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=_without_repetition)
    except BadTerms:
        raise
    except OSError as error:
        raise Unreadable(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} holds no JSON: {error}") from error
    return Terms.from_dict(data)


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # JSON readers differ in which of two equal names they keep: terms that say a thing twice say nothing.
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise BadTerms("terms", "A field is named twice.")
    return dict(pairs)
