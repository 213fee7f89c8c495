"""Buying at the payment stand-in, over HTTP: its hosted page is pressed, its events are signed and carried to our webhook."""

import hashlib
import hmac
import json
import time
from typing import Any

import httpx
from django.conf import settings
from django.test import Client

from atelier.accounts.models import User
from atelier.catalog.models import TierRevision
from atelier.checkout import actions
from atelier.checkout.models import Order
from licensing.text import text_hash
from tests.world import run_outbox

WEBHOOK = "/webhooks/stripe"


def open_order(buyer: User, revision: TierRevision, language: str = "en") -> Order:
    hashed = text_hash(revision.terms, language)
    return actions.begin_payment(order=actions.open_order(buyer=buyer, revision=revision, accepted_text=hashed, language=language))


def press(order: Order, button: str) -> httpx.Response:
    """A button of the hosted page: pay, decline, 3ds, cancel."""
    return httpx.post(f"{order.checkout_url}/{button}", trust_env=False)


def stripe(method: str, path: str, data: dict[str, Any] | None = None) -> Any:
    answer = httpx.request(method, f"{settings.STRIPE_API_BASE}/v1/{path}", data=data, auth=(settings.STRIPE_API_KEY, ""), trust_env=False)
    answer.raise_for_status()
    return answer.json()


def control(**wanted: Any) -> None:
    """How the stand-in behaves from now on."""
    httpx.post(f"{settings.STRIPE_API_BASE}/_control", json=wanted, trust_env=False).raise_for_status()


def events_of(order: Order) -> list[dict[str, Any]]:
    """All events that name the order or its payment, as those of a dispute do, oldest first."""
    listed = [(json.dumps(event), event) for event in reversed(stripe("GET", "events?limit=100")["data"])]
    things = [event["data"]["object"] for text, event in listed if order.public_id in text]
    names = {order.public_id, *(thing["id"] for thing in things if thing["object"] == "payment_intent")}
    return [event for text, event in listed if any(name in text for name in names)]


def sign(body: str, at: int | None = None, secret: str = "", scheme: str = "v1") -> str:
    at = int(time.time()) if at is None else at
    mac = hmac.new((secret or settings.STRIPE_WEBHOOK_SECRET).encode(), f"{at}.{body}".encode(), hashlib.sha256)
    return f"t={at},{scheme}={mac.hexdigest()}"


def deliver(body: str, signature: str | None = None) -> int:
    """The status that our webhook answers."""
    headers = {"Stripe-Signature": sign(body) if signature is None else signature} if signature != "" else {}
    return Client(raise_request_exception=False).post(WEBHOOK, body, content_type="application/json", headers=headers).status_code


def settle(order: Order) -> Order:
    """Carries everything that happened at the stand-in to the webhook, then lets the io worker's work be done."""
    for event in events_of(order):
        assert deliver(json.dumps(event)) == 200
    run_outbox()
    order.refresh_from_db()
    return order


def buy(buyer: User, revision: TierRevision) -> Order:
    order = open_order(buyer, revision)
    press(order, "pay")
    return settle(order)
