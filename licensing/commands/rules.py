"""`rules`, `terms`, `text` and `diff`: what terms say, before anybody signs them."""

import argparse
import json
from pathlib import Path
from typing import Any

from licensing.commands.shell import Answer, Refusal, Unreadable, declare, read
from licensing.context import Action
from licensing.diff import differences
from licensing.judge import TABLE
from licensing.terms import BadTerms, Terms
from licensing.text import licence_text
from licensing.texts import LANGUAGES

LIMIT = 1 << 20


def add(commands: Any) -> None:
    declare(commands, "rules", "print which rule applies to which action", lambda wanted: Answer(rules_table()))
    terms = declare(commands, "terms", "check terms and print their id", lambda wanted: Answer(_read_terms(wanted.file).id))
    text = declare(commands, "text", "print the licence text of terms", _text)
    diff = declare(commands, "diff", "print in words how terms differ from older ones", _differences)
    terms.add_argument("file", type=Path, metavar="TERMS.json")
    text.add_argument("file", type=Path, metavar="TERMS.json")
    diff.add_argument("before", type=Path, metavar="BEFORE.json")
    diff.add_argument("after", type=Path, metavar="AFTER.json")
    for command in (text, diff):
        command.add_argument("--lang", choices=sorted(LANGUAGES), default="en")


def rules_table() -> str:
    """Every rule once, in the order of the longest way, with a mark under each action that must pass it."""
    rules = list(dict.fromkeys(rule for way in sorted(TABLE.values(), key=len, reverse=True) for rule in way))
    width = max(len(action) for action in Action)
    head = "  ".join(action.ljust(width) for action in Action)
    rows = ["  ".join(("x" if rule in TABLE[action] else "·").ljust(width) for action in Action) + f"  {rule.__doc__}" for rule in rules]
    return "\n".join([head, *rows])


def _text(wanted: argparse.Namespace) -> Answer:
    return Answer(licence_text(_read_terms(wanted.file), wanted.lang))


def _differences(wanted: argparse.Namespace) -> Answer:
    found = differences(_read_terms(wanted.before), _read_terms(wanted.after), wanted.lang)
    return Answer("\n\n".join(f"{change.heading} [{change.field}]\n- {change.before}\n+ {change.after}" for change in found))


def _read_terms(path: Path) -> Terms:
    try:
        return Terms.from_dict(json.loads(read(path, LIMIT), object_pairs_hook=_without_repetition))
    except BadTerms as error:
        raise Refusal(str(error)) from error
    except Unreadable:
        raise
    except (ValueError, RecursionError) as error:
        raise Unreadable(f"{path} holds no JSON: {error}") from error


def _without_repetition(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    # JSON readers differ in which of two equal names they keep: terms that say a thing twice say nothing.
    names = [name for name, _ in pairs]
    if len(names) != len(set(names)):
        raise BadTerms("terms", "A field is named twice.")
    return dict(pairs)
