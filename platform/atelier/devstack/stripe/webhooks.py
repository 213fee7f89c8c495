import asyncio
import hashlib
import hmac
import json
import time
from collections.abc import Coroutine, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from atelier.devstack.stripe.store import Thing

# Stripe spreads its retries over three days; a test run has minutes.
RETRY_AFTER = (0.2, 0.5, 1, 2, 4, 8, 15, 30, 60, 60, 60, 60)


@dataclass
class Nasty:
    """Faults of delivery, for tests."""

    duplicate: int = 0  # further copies of each event
    reorder: bool = False  # the events of one request arrive in reverse
    delay: float = 0  # seconds before the first attempt
    drop: int = 0  # so many of the next events are never delivered
    future: int = 0  # seconds added to the signature's time; negative makes it old


def sign(payload: str, secret: str, at: int) -> str:
    """The Stripe-Signature header: HMAC-SHA256 over "time.payload"."""
    digest = hmac.new(secret.encode(), f"{at}.{payload}".encode(), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class Webhooks:
    """Delivers events to one endpoint. As with Stripe, each travels by itself: neither order nor exactly-once is promised."""

    def __init__(self, url: str, secret: str) -> None:
        """An empty url delivers nothing."""
        self.url, self.nasty = url, Nasty()
        self.attempts: list[dict[str, Any]] = []
        self._secret = secret
        self._client = httpx.AsyncClient(timeout=10, trust_env=False)
        self._travelling: set[asyncio.Task[None]] = set()

    def send(self, events: Sequence[Thing]) -> None:
        """The events of one request."""
        going = [copy for event in events if self._goes(event) for copy in [event] * (1 + self.nasty.duplicate)]
        if self.nasty.reorder:
            self._start(self._one_by_one(going[::-1]))
        else:
            for event in going:
                self._start(self._deliver(event, self.nasty.delay))

    def resend(self, event: Thing) -> None:
        """As the button in Stripe's dashboard does."""
        self._start(self._deliver(event, 0))

    def _goes(self, event: Thing) -> bool:
        if not self.url:
            event["pending_webhooks"] = 0
            return False
        if self.nasty.drop > 0:
            self.nasty.drop -= 1
            return False
        return True

    async def _one_by_one(self, events: Sequence[Thing]) -> None:
        await asyncio.sleep(self.nasty.delay)
        for event in events:
            await self._deliver(event, 0)

    def travelling(self) -> int:
        return len(self._travelling)

    def forget(self) -> None:
        for task in self._travelling:
            task.cancel()
        self.nasty, self.attempts = Nasty(), []

    async def close(self) -> None:
        self.forget()
        await asyncio.gather(*self._travelling, return_exceptions=True)
        await self._client.aclose()

    def settings(self) -> dict[str, Any]:
        return asdict(self.nasty)

    def _start(self, delivery: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(delivery)
        self._travelling.add(task)
        task.add_done_callback(self._travelling.discard)

    async def _deliver(self, event: Thing, wait: float) -> None:
        payload = json.dumps(event, indent=2)
        for after in (wait, *RETRY_AFTER):
            await asyncio.sleep(after)
            status = await self._post(payload)
            self.attempts.append({"event": event["id"], "type": event["type"], "status": status})
            if 200 <= status < 300:
                event["pending_webhooks"] = 0
                return

    async def _post(self, payload: str) -> int:
        """The answer's status; 0 when there was none."""
        at = int(time.time()) + self.nasty.future
        headers = {"Content-Type": "application/json; charset=utf-8", "Stripe-Signature": sign(payload, self._secret, at)}
        try:
            answer = await self._client.post(self.url, content=payload.encode(), headers=headers)
        except httpx.HTTPError:
            return 0
        return answer.status_code
