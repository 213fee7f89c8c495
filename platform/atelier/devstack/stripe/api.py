"""The /v1 endpoints: a table from method and path to an action, and what surrounds every action."""

import asyncio
import hmac
import secrets
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from atelier.devstack.stripe import catalogue, checkout, disputes, listing, payments, refunds
from atelier.devstack.stripe.errors import StripeError, invalid
from atelier.devstack.stripe.expanding import expanded
from atelier.devstack.stripe.forms import parse
from atelier.devstack.stripe.idempotency import Answer
from atelier.devstack.stripe.params import Params
from atelier.devstack.stripe.service import Service
from atelier.devstack.stripe.store import API_VERSION, Store, Thing


@dataclass(frozen=True)
class Call:
    store: Store
    params: Params
    id: str
    base: str
    path: str


Action = Callable[[Call], Thing]


def retrieve(kind: str) -> Action:
    return lambda call: call.store.get(kind, call.id)


def list_of(kind: str, *filters: str) -> Action:
    def action(call: Call) -> Thing:
        wanted = {name: call.params.text(name) for name in filters}
        chosen = (thing for thing in call.store.newest_first(kind) if all(value in (None, thing[name]) for name, value in wanted.items()))
        return listing.page(chosen, call.params, call.path)

    return action


def list_events(call: Call) -> Thing:
    kind, kinds = call.params.text("type"), call.params.texts("types")
    wanted = [kind, *kinds] if kind else kinds
    chosen = (event for event in call.store.newest_first("event") if not wanted or event["type"] in wanted)
    return listing.page(chosen, call.params, call.path)


def list_lines(call: Call) -> Thing:
    return listing.page(checkout.lines(call.store, call.id), call.params, call.path)


ACTIONS: dict[tuple[str, str], Action] = {
    ("POST", "customers"): lambda call: catalogue.create_customer(call.store, call.params),
    ("GET", "customers"): list_of("customer", "email"),
    ("GET", "customers/{id}"): retrieve("customer"),
    ("POST", "customers/{id}"): lambda call: catalogue.update_customer(call.store, call.id, call.params),
    ("POST", "products"): lambda call: catalogue.create_product(call.store, call.params),
    ("GET", "products"): list_of("product"),
    ("GET", "products/{id}"): retrieve("product"),
    ("POST", "products/{id}"): lambda call: catalogue.update_product(call.store, call.id, call.params),
    ("POST", "prices"): lambda call: catalogue.create_price(call.store, call.params),
    ("GET", "prices"): list_of("price", "product", "currency"),
    ("GET", "prices/{id}"): retrieve("price"),
    ("POST", "prices/{id}"): lambda call: catalogue.update_price(call.store, call.id, call.params),
    ("POST", "checkout/sessions"): lambda call: checkout.create(call.store, call.params, call.base),
    ("GET", "checkout/sessions"): list_of("checkout.session", "customer", "payment_intent", "status"),
    ("GET", "checkout/sessions/{id}"): retrieve("checkout.session"),
    ("GET", "checkout/sessions/{id}/line_items"): list_lines,
    ("POST", "checkout/sessions/{id}/expire"): lambda call: checkout.expire(call.store, call.id, call.params),
    ("POST", "payment_intents"): lambda call: payments.create(call.store, call.params, call.base),
    ("GET", "payment_intents"): list_of("payment_intent", "customer"),
    ("GET", "payment_intents/{id}"): retrieve("payment_intent"),
    ("POST", "payment_intents/{id}"): lambda call: payments.update(call.store, call.id, call.params),
    ("POST", "payment_intents/{id}/confirm"): lambda call: payments.confirm(call.store, call.id, call.params, call.base),
    ("POST", "payment_intents/{id}/cancel"): lambda call: payments.cancel(call.store, call.id, call.params),
    ("GET", "payment_methods/{id}"): retrieve("payment_method"),
    ("GET", "charges"): list_of("charge", "customer", "payment_intent"),
    ("GET", "charges/{id}"): retrieve("charge"),
    ("GET", "balance_transactions"): list_of("balance_transaction", "source", "type"),
    ("GET", "balance_transactions/{id}"): retrieve("balance_transaction"),
    ("POST", "refunds"): lambda call: refunds.create(call.store, call.params),
    ("GET", "refunds"): list_of("refund", "charge", "payment_intent"),
    ("GET", "refunds/{id}"): retrieve("refund"),
    ("GET", "disputes"): list_of("dispute", "charge", "payment_intent"),
    ("GET", "disputes/{id}"): retrieve("dispute"),
    ("POST", "disputes/{id}"): lambda call: disputes.update(call.store, call.id, call.params),
    ("POST", "disputes/{id}/close"): lambda call: disputes.close(call.store, call.id, call.params),
    ("GET", "events"): list_events,
    ("GET", "events/{id}"): retrieve("event"),
}


def routes() -> list[Route]:
    known = [Route(f"/v1/{path}", _endpoint(action), methods=[method]) for (method, path), action in ACTIONS.items()]
    return [*known, Route("/v1/{rest:path}", _endpoint(_unknown), methods=["GET", "POST", "DELETE"])]


def _unknown(call: Call) -> Thing:
    raise StripeError(404, "invalid_request_error", f"Unrecognized request URL, or one that this stand-in does not know: {call.path}")


def _endpoint(action: Action) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        service: Service = request.app.state.service
        body = (await request.body()).decode(errors="replace")
        identifier = f"req_{secrets.token_hex(8)}"
        try:
            _check_key(request, service.api_key)
            answer = await _once(service, request, body, identifier, action)
        except StripeError as refusal:
            answer = Answer(refusal.status, refusal.body)
        headers = {"Request-Id": identifier, "Stripe-Version": request.headers.get("stripe-version", API_VERSION), **answer.headers}
        return JSONResponse(answer.body, status_code=answer.status, headers=headers)

    return endpoint


def _check_key(request: Request, expected: str) -> None:
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            value = b64decode(value).decode().partition(":")[0]
        except (NotBase64, UnicodeDecodeError):
            value = ""
    if not hmac.compare_digest(value.encode(), expected.encode()):
        raise StripeError(401, "invalid_request_error", "Invalid API key provided." if value else "No API key was provided.")
    if "stripe-account" in request.headers:
        raise invalid("This stand-in does not know connected accounts.")


async def _once(service: Service, request: Request, body: str, identifier: str, action: Action) -> Answer:
    key = request.headers.get("idempotency-key") if request.method == "POST" else None
    if key is None:
        return await _act(service, request, body, identifier, None, action)
    earlier = service.keys.begin(key, request.method, request.url.path, body)
    if earlier:
        return earlier
    answer = None
    try:
        answer = await _act(service, request, body, identifier, key, action)
    finally:
        service.keys.finish(key, answer)
    return answer


async def _act(service: Service, request: Request, body: str, identifier: str, key: str | None, action: Action) -> Answer:
    try:
        async with service.transaction() as store:
            store.request = {"id": identifier, "idempotency_key": key}
            params = Params(parse(body if request.method == "POST" else request.url.query))
            expand = params.texts("expand")
            call = Call(store, params, request.path_params.get("id", ""), service.base(request), request.url.path)
            thing = action(call)
            params.done()
            answer = Answer(200, expanded(store, thing, expand))
    except StripeError as refusal:
        answer = Answer(refusal.status, refusal.body, settled=refusal.settled)
    await asyncio.sleep(service.slow)
    return answer
