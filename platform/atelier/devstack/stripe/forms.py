"""Stripe's form encoding: a[b][0][c]=v nests objects and lists. Every leaf stays text."""

import re
from typing import Any
from urllib.parse import parse_qsl

from atelier.devstack.stripe.errors import invalid

NAME = re.compile(r"^([^\[\]]+)((?:\[[^\[\]]*\])*)$")
DEEPEST = 8


def parse(body: str) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for name, value in parse_qsl(body, keep_blank_values=True):
        _put(root, _path(name), value)
    return {key: _with_lists(value) for key, value in root.items()}


def _path(name: str) -> list[str]:
    found = NAME.match(name)
    if not found:
        raise invalid(f"Invalid parameter name: {name}", param=name)
    path = [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
    if len(path) > DEEPEST:
        raise invalid(f"Parameters are nested too deeply: {name}", param=name)
    return path


def _put(root: dict[str, Any], path: list[str], value: str) -> None:
    node = root
    for step in path[:-1]:
        node = node.setdefault(step or str(len(node)), {})
        if not isinstance(node, dict):
            raise invalid(f"Parameter {path[0]} is both a value and an object", param=path[0])
    node[path[-1] or str(len(node))] = value


def _with_lists(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    below = {key: _with_lists(value) for key, value in node.items()}
    if all(key.isdecimal() for key in below):
        return [below[key] for key in sorted(below, key=int)]
    return below
