"""What happened, told to whoever above wants to pass it on. An app tells; it does not know who listens, nor whether anybody does.

Listeners run inside the teller's transaction: they write rows and post messages, and reach for nothing outside.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID

Listener = Callable[..., None]
LISTENERS: list[Listener] = []


def listens(listener: Listener) -> Listener:
    """Registers `listener(person=…, kind=…, facts=…)`."""
    LISTENERS.append(listener)
    return listener


def tell(*, person: UUID, kind: str, facts: dict[str, Any]) -> None:
    """`kind` like training.done; `facts` are JSON, and for the person's own eyes."""
    for listener in LISTENERS:
        listener(person=person, kind=kind, facts=facts)
