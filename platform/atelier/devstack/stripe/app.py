"""The ASGI application.

WEBHOOK_URL=… STRIPE_API_KEY=sk_test_… STRIPE_WEBHOOK_SECRET=whsec_… uvicorn --factory atelier.devstack.stripe.app:from_environment
"""

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from atelier.devstack.stripe import api, control, pages
from atelier.devstack.stripe.errors import StripeError
from atelier.devstack.stripe.service import Service
from atelier.devstack.stripe.webhooks import Webhooks

LIVE = ("sk_live", "rk_live")


class LiveKey(Exception):
    """A stand-in for payments must never run where real money is configured."""


def from_environment(environ: Mapping[str, str] = os.environ) -> Starlette:
    refuse_live_keys(environ)
    return build(environ["STRIPE_API_KEY"], environ["STRIPE_WEBHOOK_SECRET"], environ.get("WEBHOOK_URL", ""))


def refuse_live_keys(environ: Mapping[str, str]) -> None:
    for name, value in environ.items():
        if value.startswith(LIVE):
            raise LiveKey(f"{name} holds a live key: the Stripe stand-in does not start beside it")


def build(api_key: str, webhook_secret: str, webhook_url: str) -> Starlette:
    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.service = Service(api_key, Webhooks(webhook_url, webhook_secret))
        yield
        await app.state.service.webhooks.close()

    routes = [*api.routes(), *pages.routes(), *control.routes()]
    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={StripeError: _refuse})


async def _refuse(request: Request, refusal: Exception) -> Response:
    assert isinstance(refusal, StripeError)
    return JSONResponse(refusal.body, status_code=refusal.status)
