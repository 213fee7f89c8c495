"""A webhook's body, understood strictly: what we need of it, and nothing that could break a table."""

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from atelier.kit import strict_json
from atelier.kit.refused import Refused

LONGEST_BODY = 1 << 20
EVENT_ID = re.compile(r"evt_[A-Za-z0-9_]{1,100}")
EVENT_TYPE = re.compile(r"[a-z0-9_]{1,40}(\.[a-z0-9_]{1,40}){1,4}")
OBJECT_ID = re.compile(r"[a-z]{2,8}_[A-Za-z0-9_]{1,100}")
LATEST = 1 << 33
# What may differ between two deliveries of one event.
CHANGING = ("pending_webhooks",)


@dataclass(frozen=True)
class Event:
    """One event, with the ids that tell which order it is about (empty where it names none)."""

    id: str
    type: str
    at: datetime
    livemode: bool
    account: str
    thing: dict[str, Any]
    digest: str
    order: str
    session: str
    payment_intent: str


def understand(text: str) -> Event:
    """The event in the text. Raises Refused(400) for anything that is no event as the provider writes it."""
    if len(text) > LONGEST_BODY or "\\u0000" in text:
        raise _refuse()
    try:
        data = strict_json.loads(text)
        return _event(data)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise _refuse() from error


def _event(data: dict[str, Any]) -> Event:
    thing = data["data"]["object"]
    created, livemode = data["created"], data["livemode"]
    if type(created) is not int or not 0 <= created < LATEST or type(livemode) is not bool or not isinstance(thing, dict):
        raise ValueError("not an event")
    kind = thing.get("object")
    return Event(
        id=_matching(EVENT_ID, data["id"]),
        type=_matching(EVENT_TYPE, data["type"]),
        at=datetime.fromtimestamp(created, UTC),
        livemode=livemode,
        account=_text(data.get("account")),
        thing=thing,
        digest=_digest(data),
        order=_order(thing),
        session=_matching(OBJECT_ID, thing["id"]) if kind == "checkout.session" else "",
        payment_intent=_matching(OBJECT_ID, thing["id"]) if kind == "payment_intent" else _optional_id(thing.get("payment_intent")),
    )


def _order(thing: dict[str, Any]) -> str:
    metadata = thing.get("metadata")
    named = metadata.get("order", "") if isinstance(metadata, dict) else ""
    return named if isinstance(named, str) and re.fullmatch(r"ord_[0-9a-f]{32}", named) else ""


def _optional_id(value: object) -> str:
    return "" if value is None else _matching(OBJECT_ID, value["id"] if isinstance(value, dict) else value)


def _matching(pattern: re.Pattern[str], value: object) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise ValueError("not an id")
    return value


def _text(value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise ValueError("not text")
    return value or ""


def _digest(data: dict[str, Any]) -> str:
    kept = {name: value for name, value in data.items() if name not in CHANGING}
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def _refuse() -> Refused:
    return Refused("not_an_event", "This is no event of the payment provider.", status=400)
