"""Forms of the site filled in without a browser: quick, for what a test only needs to be there."""

import re
import time
from email import message_from_bytes, policy
from typing import Any

import httpx

from atelier.demo import wire
from atelier.demo.people import Mailbox

PROVEN_FOR = 200  # seconds; the site believes it for 300, and does not like to be told too often


class Visitor:
    """One session."""

    def __init__(self, web: str) -> None:
        self.http = httpx.Client(base_url=web, trust_env=False, follow_redirects=True, timeout=60, headers={"Referer": f"{web}/"})
        self._proven = float("-inf")

    def read(self, path: str) -> str:
        return self.http.get(path).raise_for_status().text

    def post(self, path: str, **typed: object) -> httpx.Response:
        """Returns the page that it leads to."""
        if "csrftoken" not in self.http.cookies:
            self.read("/accounts/login/")
        return self.http.post(path, data={**typed, "csrfmiddlewaretoken": self.http.cookies["csrftoken"]}).raise_for_status()

    def sign_in(self, email: str, password: str) -> None:
        assert not self.post("/accounts/login/", login=email, password=password).url.path.startswith("/accounts/")

    def prove(self, password: str) -> None:
        """Signed in a moment ago, as the pages of an account's secrets ask."""
        if time.monotonic() - self._proven > PROVEN_FOR:
            self.post("/accounts/reauthenticate/", password=password)
            self._proven = time.monotonic()

    @property
    def state(self) -> Any:
        """For a browser that goes on where this left off."""
        cookie = {"domain": "127.0.0.1", "path": "/", "expires": -1, "httpOnly": True, "secure": False, "sameSite": "Lax"}
        return {"cookies": [{"name": name, "value": value, **cookie} for name, value in self.http.cookies.items()], "origins": []}


def linked(mailbox: Mailbox, pattern: str, after: int) -> str:
    """What the first group finds in a message to her that is newer than `after`."""
    return wire.until(lambda: _linked(mailbox, pattern, after), within=60, late=f"No message to {mailbox.email} has {pattern}.")


def _linked(mailbox: Mailbox, pattern: str, after: int) -> str | None:
    for path in mailbox.folder.glob("[0-9]*.eml"):
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = message.get_body(("plain",)) if int(path.stem) > after and mailbox.email in str(message["To"]) else None
        if body and (found := re.search(pattern, body.get_content())):
            return found.group(1)
    return None
