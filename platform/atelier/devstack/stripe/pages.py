"""What a buyer sees: the hosted Checkout page and the bank's page. Plain forms, so that a browser or a test can press them."""

from html import escape
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from atelier.devstack.stripe import checkout, payments
from atelier.devstack.stripe.errors import StripeError
from atelier.devstack.stripe.service import Service
from atelier.devstack.stripe.store import Thing

# The buttons of the page: the test card that each of them uses, and its words.
CHOICES = {
    "pay": ("pm_card_visa", "Pay"),
    "decline": ("pm_card_chargeDeclined", "Pay with a card that is declined"),
    "3ds": ("pm_card_threeDSecure2Required", "Pay with a card that asks for 3D Secure"),
    "dispute": ("pm_card_createDispute", "Pay with a card whose owner disputes the payment"),
    "refund-fails": ("pm_card_refundFail", "Pay with a card that takes no refund"),
}

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>{title}</title><style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 26rem; margin: 4rem auto; padding: 0 1rem; color: #1a1a1a }}
button {{ font: inherit; width: 100%; padding: .6rem; margin: .25rem 0 }} input {{ font: inherit; width: 100%; box-sizing: border-box }}
td:last-child {{ text-align: right }} table {{ width: 100% }} .problem {{ color: #a00 }} small {{ color: #555 }}
</style><body><h1>{title}</h1>{body}<p><small>A stand-in for the payment page. No card is asked for and nothing is charged.</small></p>"""


def routes() -> list[Route]:
    return [
        Route("/c/pay/{session}", show),
        Route("/c/pay/{session}/{choice}", press, methods=["POST"]),
        Route("/3ds/{intent}", show_bank),
        Route("/3ds/{intent}/{choice}", answer_bank, methods=["POST"]),
    ]


async def show(request: Request) -> Response:
    service: Service = request.app.state.service
    async with service.transaction() as store:
        session = store.get("checkout.session", request.path_params["session"])
        if session["status"] != "open":
            return _page("This payment page is over", "<p>Go back to the shop to start again.</p>", status=410)
        lines = checkout.lines(store, session["id"])
        intent = store.get("payment_intent", session["payment_intent"]) if session["payment_intent"] else None
    return _page("Payment", _problem(intent) + _bill(session, lines) + _form(session))


async def press(request: Request) -> Response:
    service: Service = request.app.state.service
    form = await request.form()
    email, choice = str(form.get("email") or "") or None, request.path_params["choice"]
    async with service.transaction() as store:
        session = store.get("checkout.session", request.path_params["session"])
        page = session["url"]
        if choice == "cancel":
            return _go(session["cancel_url"] or page)
        if choice not in CHOICES:
            return _page("No such button", "", status=404)
        try:
            intent = checkout.pay(store, session, CHOICES[choice][0], email, service.base(request))
        except StripeError as refusal:
            if not refusal.settled:
                raise
            return _go(page)
        if intent["status"] == "requires_action":
            return _go(intent["next_action"]["redirect_to_url"]["url"])
        return _go(checkout.success_address(session))


async def show_bank(request: Request) -> Response:
    service: Service = request.app.state.service
    async with service.transaction() as store:
        intent = store.get("payment_intent", request.path_params["intent"])
    action = f"/3ds/{intent['id']}"
    buttons = _button(f"{action}/complete", "It is me") + _button(f"{action}/fail", "It is not me")
    return _page("Your bank asks whether it is you", f"<p>{_money(intent['amount'], intent['currency'])}</p>{buttons}")


async def answer_bank(request: Request) -> Response:
    service: Service = request.app.state.service
    recognised = request.path_params["choice"] == "complete"
    async with service.transaction() as store:
        intent = store.get("payment_intent", request.path_params["intent"])
        back = store.aside(intent["id"])["return_url"]
        session = checkout.of_intent(store, intent["id"])
        if session is None:
            payments.answer_bank(store, intent, recognised=recognised)
            return _go(f"{back}?{urlencode({'payment_intent': intent['id'], 'redirect_status': 'succeeded' if recognised else 'failed'})}")
        checkout.answer_bank(store, session, recognised=recognised)
        return _go(checkout.success_address(session) if recognised else back)


def _problem(intent: Thing | None) -> str:
    error = intent["last_payment_error"] if intent else None
    return f'<p class="problem" role="alert">{escape(error["message"])}</p>' if error else ""


def _bill(session: Thing, lines: list[Thing]) -> str:
    rows = [(f"{line['quantity']} x {line['description']}", line["amount_total"]) for line in lines]
    rows.append(("Total", session["amount_total"]))
    return "<table>" + "".join(f"<tr><td>{escape(what)}<td>{_money(cost, session['currency'])}" for what, cost in rows) + "</table>"


def _form(session: Thing) -> str:
    action = f"/c/pay/{session['id']}"
    email = "" if session["customer"] or session["customer_email"] else '<label>Email <input name="email" type="email"></label>'
    buttons = [_submit(f"{action}/{choice}", words) for choice, (_, words) in CHOICES.items()]
    if session["cancel_url"]:
        buttons.append(_submit(f"{action}/cancel", "Cancel"))
    return f'<form method="post">{email}{"".join(buttons)}</form>'


def _submit(action: str, words: str) -> str:
    return f'<button formaction="{escape(action)}">{words}</button>'


def _button(action: str, words: str) -> str:
    return f'<form method="post" action="{escape(action)}"><button>{words}</button></form>'


def _money(amount: int, currency: str) -> str:
    return f"{amount // 100}.{amount % 100:02} {escape(currency.upper())}"


def _page(title: str, body: str, status: int = 200) -> Response:
    return HTMLResponse(PAGE.format(title=escape(title), body=body), status_code=status)


def _go(url: str) -> Response:
    return RedirectResponse(url, status_code=303)
