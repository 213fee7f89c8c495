import copy
import secrets
import time
from collections.abc import Iterable
from typing import Any

from atelier.devstack.stripe.errors import missing

Thing = dict[str, Any]  # an API object, in Stripe's shape
API_VERSION = "2026-10-28.endive"

PREFIXES = {
    "customer": "cus",
    "product": "prod",
    "price": "price",
    "checkout.session": "cs_test",
    "payment_intent": "pi",
    "payment_method": "pm",
    "charge": "ch",
    "balance_transaction": "txn",
    "refund": "re",
    "dispute": "du",
    "event": "evt",
}
WITHOUT_MODE = ("balance_transaction", "refund")


class Store:
    """Everything the stand-in remembers, in memory. Not safe against interleaving: app.py holds one lock around each request.

    A request ends with commit or roll_back. Code validates first and changes afterwards, so only additions need undoing.
    """

    def __init__(self) -> None:
        self._added: list[Thing] = []
        self._things: dict[str, dict[str, Thing]] = {kind: {} for kind in PREFIXES}
        self._hidden: dict[str, Any] = {}
        self.request: Thing = {"id": None, "idempotency_key": None}

    def add(self, kind: str, fields: Thing, *, identifier: str | None = None) -> Thing:
        thing = {"id": identifier or f"{PREFIXES[kind]}_{secrets.token_hex(12)}", "object": kind, "created": int(time.time()), **fields}
        if kind not in WITHOUT_MODE:
            thing["livemode"] = False
        self._things[kind][thing["id"]] = thing
        self._added.append(thing)
        return thing

    def commit(self) -> list[Thing]:
        """Keep what the request added, and tell which events that brought."""
        added, self._added = self._added, []
        return [thing for thing in added if thing["object"] == "event"]

    def roll_back(self) -> None:
        for thing in self._added:
            del self._things[thing["object"]][thing["id"]]
        self._added = []

    def get(self, kind: str, identifier: str) -> Thing:
        thing = self._things[kind].get(identifier)
        if thing is None:
            raise missing(kind.rpartition(".")[2], identifier)
        return thing

    def find(self, identifier: str) -> Thing | None:
        return next((things[identifier] for things in self._things.values() if identifier in things), None)

    def newest_first(self, kind: str) -> Iterable[Thing]:
        return reversed(self._things[kind].values())

    def keep_aside(self, identifier: str, value: Any) -> None:
        """What belongs to an object but is not part of its plain form."""
        self._hidden[identifier] = value

    def aside(self, identifier: str) -> Any:
        return self._hidden[identifier]

    def emit(self, kind: str, thing: Thing) -> None:
        """Record an event with the object as it is now."""
        fields = {
            "api_version": API_VERSION,
            "data": {"object": copy.deepcopy(thing)},
            "pending_webhooks": 1,
            "request": dict(self.request),
            "type": kind,
        }
        self.add("event", fields)
