import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.requests import Request

from atelier.devstack.stripe import checkout
from atelier.devstack.stripe.errors import StripeError
from atelier.devstack.stripe.idempotency import Keys
from atelier.devstack.stripe.store import Store
from atelier.devstack.stripe.webhooks import Webhooks


class Service:
    """What all requests share."""

    def __init__(self, api_key: str, webhooks: Webhooks) -> None:
        self.api_key, self.webhooks = api_key, webhooks
        self.store, self.keys, self.lock = Store(), Keys(), asyncio.Lock()
        self.slow = 0.0  # seconds between an action and its answer, for tests of lost answers

    def forget(self) -> None:
        """Begin again: no objects, no keys, no faults, nothing on its way."""
        self.store, self.keys, self.slow = Store(), Keys(), 0.0
        self.webhooks.forget()

    @staticmethod
    def base(request: Request) -> str:
        return str(request.base_url).rstrip("/")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Store]:
        """One request at a time; its events leave when it has succeeded, or when its refusal is itself an outcome (a declined card)."""
        async with self.lock:
            try:
                checkout.expire_overdue(self.store)
                yield self.store
            except StripeError as refusal:
                if not refusal.settled:
                    self.store.roll_back()
                raise
            except BaseException:
                self.store.roll_back()
                raise
            finally:
                self.webhooks.send(self.store.commit())
