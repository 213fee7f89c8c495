"""expand[]: put objects where their ids stand."""

import copy
from collections.abc import Sequence
from typing import Any

from atelier.devstack.stripe import checkout
from atelier.devstack.stripe.errors import StripeError, invalid
from atelier.devstack.stripe.store import Store, Thing

DEEPEST = 4


def expanded(store: Store, thing: Thing, paths: Sequence[str]) -> Thing:
    """A copy of its own, so that nobody changes the store through an answer."""
    answer = copy.deepcopy(thing)
    for path in paths:
        steps = path.split(".")
        if len(steps) > DEEPEST + (steps[0] == "data"):
            raise invalid(f"{path} is expanded too deeply.", param="expand")
        _expand(store, answer, steps, path)
    return answer


def _expand(store: Store, node: Any, steps: list[str], path: str) -> None:
    if isinstance(node, list):
        for item in node:
            _expand(store, item, steps, path)
        return
    if node is None or not steps:
        return
    name = steps[0]
    if name == "line_items" and node.get("object") == "checkout.session" and name not in node:
        lines = copy.deepcopy(checkout.lines(store, node["id"]))
        url = f"/v1/checkout/sessions/{node['id']}/line_items"
        node[name] = {"object": "list", "data": lines, "has_more": False, "url": url}
    if name not in node:
        raise _refused(path)
    if isinstance(node[name], str):
        node[name] = copy.deepcopy(_of(store, node[name], path))
    _expand(store, node[name], steps[1:], path)


def _of(store: Store, identifier: str, path: str) -> Thing:
    found = store.find(identifier)
    if found is None:
        raise _refused(path)
    return found


def _refused(path: str) -> StripeError:
    return invalid(f"This property cannot be expanded: {path}", param="expand")
