from dataclasses import dataclass
from typing import Any

import httpx
import stripe

from tests.devstack.receiver import Receiver, eventually

SUCCESS = "http://127.0.0.1:1/paid?session={CHECKOUT_SESSION_ID}"
CANCEL = "http://127.0.0.1:1/cancelled"


@dataclass
class Shop:
    """What the tests of the stand-in do, again and again."""

    client: stripe.StripeClient
    browser: httpx.Client
    receiver: Receiver
    secret: str
    url: str

    def session(self, amount: int = 4900, **more: Any) -> Any:
        line = {"quantity": 1, "price_data": {"currency": "eur", "unit_amount": amount, "product_data": {"name": "Tier <two>"}}}
        asked: Any = {"mode": "payment", "success_url": SUCCESS, "cancel_url": CANCEL, "line_items": [line], **more}
        return self.client.v1.checkout.sessions.create(asked)

    def press(self, session: Any, button: str, **fields: str) -> httpx.Response:
        return self.browser.post(f"{session.url}/{button}", data=fields)

    def look_at(self, session: Any, *expand: str) -> Any:
        asked: Any = {"expand": list(expand)}
        return self.client.v1.checkout.sessions.retrieve(session.id, asked)

    def paid(self, amount: int = 4900) -> Any:
        """A PaymentIntent that has succeeded."""
        asked: Any = {"amount": amount, "currency": "eur", "payment_method": "pm_card_visa", "confirm": True}
        return self.client.v1.payment_intents.create(asked)

    def events(self, *kinds: str) -> list[Any]:
        asked: Any = {"limit": 100, **({"types": list(kinds)} if kinds else {})}
        return self.client.v1.events.list(asked).data

    def received(self, count: int) -> list[Any]:
        """The first so many deliveries, once they are there, verified by Stripe's own code."""
        eventually(lambda: len(self.receiver.deliveries) >= count)
        return [delivery.event(self.secret) for delivery in self.receiver.deliveries]

    def control(self, **wanted: Any) -> dict[str, Any]:
        answer = self.browser.post(f"{self.url}/_control", json=wanted)
        answer.raise_for_status()
        state: dict[str, Any] = answer.json()
        return state
