import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx
import pytest
import stripe

from atelier.devstack.stack import STORES, Stack
from atelier.devstack.wheels import REPOSITORY
from tests.devstack import openapi
from tests.devstack.receiver import Receiver
from tests.devstack.shop import Shop


def _folder() -> Path:
    parent = REPOSITORY / "var" / "test-devstack"
    parent.mkdir(parents=True, exist_ok=True)
    return Path(mkdtemp(dir=parent))


@pytest.fixture
def var() -> Iterator[Path]:
    """A folder for one stack. Not tmp_path: the unprivileged PostgreSQL of some machines could not reach it."""
    folder = _folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="package")
def stores() -> Iterator[Stack]:
    folder = _folder()
    with Stack(folder, STORES) as stack:
        yield stack
    shutil.rmtree(folder)


class CheckedTransport(stripe.RequestsClient):
    """Whatever travels between Stripe's SDK and the stand-in is held against Stripe's own description."""

    def request(self, method: str, url: str, headers: Any, post_data: Any = None) -> Any:
        openapi.check_request(method, url, post_data)
        body, status, answer_headers = super().request(method, url, headers, post_data)
        openapi.check_answer(method, url, status, body)
        return body, status, answer_headers


@pytest.fixture
def shop(stores: Stack) -> Iterator[Shop]:
    """Stripe's SDK on a stand-in that has forgotten earlier tests, with a receiver for its webhooks."""
    httpx.post(f"{stores.url('stripe')}/_control", json={"forget": True}, trust_env=False).raise_for_status()
    transport = CheckedTransport()
    addresses: Any = {"api": stores.url("stripe")}
    client = stripe.StripeClient(stores.env["STRIPE_API_KEY"], base_addresses=addresses, http_client=transport, max_network_retries=0)
    receiver = Receiver(stores.folder.ports["web"])
    with httpx.Client(trust_env=False) as browser:
        yield Shop(client, browser, receiver, stores.env["STRIPE_WEBHOOK_SECRET"], stores.url("stripe"))
    receiver.close()
    transport.close()
