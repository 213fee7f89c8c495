"""A web server that takes Stripe's webhooks and keeps them."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import stripe


@dataclass(frozen=True)
class Delivery:
    body: bytes
    signature: str

    def event(self, secret: str) -> Any:
        """Verified by Stripe's own code."""
        return stripe.Webhook.construct_event(self.body, self.signature, secret)


class Receiver:
    def __init__(self, port: int) -> None:
        self.deliveries: list[Delivery] = []
        self.refusals = 0  # so many of the next deliveries are answered 500
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receiver.take(Delivery(body, self.headers["Stripe-Signature"])))
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def take(self, delivery: Delivery) -> int:
        self.deliveries.append(delivery)
        if self.refusals:
            self.refusals -= 1
            return 500
        return 200

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def eventually(truth: Callable[[], Any], within: float = 60) -> Any:
    """Wait until something is so; fail when it never becomes so."""
    deadline = time.monotonic() + within
    while not (found := truth()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.02)
    return found
