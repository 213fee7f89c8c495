"""Switches for tests and drills; no part of Stripe. The stand-in listens on loopback only.

POST /_control with JSON: {"duplicate", "reorder", "delay", "drop", "future"} (see webhooks.Nasty), "slow": seconds before each API
answer, "resend": an event's id, "forget": true to begin again. GET tells the settings, every delivery attempt, and how many
deliveries are still travelling.
"""

from dataclasses import fields
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from atelier.devstack.stripe.service import Service
from atelier.devstack.stripe.webhooks import Nasty

NASTY = {field.name for field in fields(Nasty)}
OTHERS = {"slow", "resend", "forget"}


def routes() -> list[Route]:
    return [Route("/_control", control, methods=["GET", "POST"])]


async def control(request: Request) -> Response:
    service: Service = request.app.state.service
    wanted: dict[str, Any] = await request.json() if request.method == "POST" else {}
    if unknown := set(wanted) - NASTY - OTHERS:
        return JSONResponse({"error": f"no such switch: {sorted(unknown)}"}, status_code=400)
    if wanted.get("forget"):
        service.forget()
    for name in NASTY & set(wanted):
        setattr(service.webhooks.nasty, name, wanted[name])
    service.slow = wanted.get("slow", service.slow)
    if "resend" in wanted:
        service.webhooks.resend(service.store.get("event", wanted["resend"]))
    return JSONResponse(_state(service))


def _state(service: Service) -> dict[str, Any]:
    webhooks = service.webhooks
    attempts, travelling = webhooks.attempts, webhooks.travelling()
    return {**webhooks.settings(), "slow": service.slow, "url": webhooks.url, "travelling": travelling, "attempts": attempts}
