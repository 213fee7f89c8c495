"""Stripe's lists: newest first, by cursor, with filters."""

from collections.abc import Iterable
from typing import Any

from atelier.devstack.stripe.errors import invalid
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.store import Thing

COMPARE = {
    "gt": lambda value, bound: value > bound,
    "gte": lambda value, bound: value >= bound,
    "lt": lambda value, bound: value < bound,
    "lte": lambda value, bound: value <= bound,
}


def page(things: Iterable[Thing], params: Params, url: str) -> Thing:
    """Takes created, limit, starting_after and ending_before; the caller has taken its own filters and calls done()."""
    chosen = list(things)
    chosen = [thing for thing in chosen if _in_time(thing, bounds)] if (bounds := _bounds(params)) else chosen
    limit = params.integer("limit", least=1, most=100) or 10
    after, before = params.text("starting_after"), params.text("ending_before")
    if after and before:
        raise invalid("Give starting_after or ending_before, not both.", param="ending_before")
    if before:
        earlier = chosen[: _position(chosen, before, "ending_before")]
        return _answer(earlier[-limit:], url, more=len(earlier) > limit)
    start = _position(chosen, after, "starting_after") + 1 if after else 0
    return _answer(chosen[start : start + limit], url, more=len(chosen) > start + limit)


def _answer(data: list[Thing], url: str, *, more: bool) -> Thing:
    return {"object": "list", "data": data, "has_more": more, "url": url}


def _bounds(params: Params) -> dict[str, int]:
    created: Any = params.recorded("created")
    if created is None:
        return {}
    asked = created if isinstance(created, dict) else {"gte": created, "lte": created}
    if not all(name in COMPARE and isinstance(value, str) and value.isdecimal() for name, value in asked.items()):
        raise invalid("Invalid created: a time in seconds, or gt, gte, lt, lte with one.", param="created")
    return {name: int(value) for name, value in asked.items()}


def _in_time(thing: Thing, bounds: dict[str, int]) -> bool:
    return all(COMPARE[name](thing["created"], bound) for name, bound in bounds.items())


def _position(things: list[Thing], identifier: str, name: str) -> int:
    for index, thing in enumerate(things):
        if thing["id"] == identifier:
            return index
    raise invalid(f"No such object: '{identifier}'", param=name, code="resource_missing")
