"""HTTP as everybody here speaks it: a short absence of a server is waited out, and a problem+json becomes a Trouble."""

import time
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import httpx

from atelier.demo.trouble import Trouble

T = TypeVar("T")
TRIES = 4
PAUSE = 0.5
AWAY = (502, 503, 504)


def client(base_url: str = "", headers: Mapping[str, str] | None = None) -> httpx.Client:
    """Without proxies of the environment: every server is on this machine."""
    return httpx.Client(base_url=base_url, headers=dict(headers or {}), timeout=httpx.Timeout(60, connect=5), trust_env=False)


def send(http: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    """Repeats itself while the server is away, so give a POST an Idempotency-Key. Raises Trouble for every answer that is no success."""
    for left in reversed(range(TRIES)):
        try:
            response = http.request(method, url, **options)
        except httpx.TransportError as error:
            if not left:
                raise Trouble(f"{http.base_url or url} does not answer ({error}).", "unreachable") from error
        else:
            if response.is_success or response.is_redirect:
                return response
            if not left or not _passing(response):
                raise refusal(response)
        time.sleep(PAUSE)
    raise AssertionError("the last try returns or raises")


def _passing(response: httpx.Response) -> bool:
    return response.status_code in AWAY or _body(response).get("code") == "in_progress"


def refusal(response: httpx.Response) -> Trouble:
    """What the answer says, with the fields that were wrong; or the status and the address when it says nothing we understand."""
    body = _body(response)
    if "code" not in body:
        where = f"{response.request.method} {response.request.url.copy_with(query=None)}"
        return Trouble(f"{where} answered {response.status_code}: {response.reason_phrase}.", f"http_{response.status_code}")
    fields = f" {body['errors']}" if body.get("errors") else ""
    return Trouble(f"{body.get('detail', '')}{fields}", body["code"])


def _body(response: httpx.Response) -> dict[str, Any]:
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def until(ask: Callable[[], T | None], *, within: float, late: str, every: float = 0.2) -> T:
    """Asks again until there is an answer. Raises Trouble(late) after `within` seconds."""
    deadline = time.monotonic() + within
    while (answer := ask()) is None:
        if time.monotonic() > deadline:
            raise Trouble(late, "timeout")
        time.sleep(every)
    return answer
