"""A person: signs up by e-mail, confirms the code that she is sent, issues herself a token, and then speaks to the API with it."""

import re
import time
from base64 import b32decode
from collections.abc import Iterator, Sequence
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from atelier.demo import wire
from atelier.demo.trouble import Trouble

API = "/api/v1"
ACCOUNTS = "/_allauth/app/v1"
CODE = re.compile(r"^\s*([A-Z0-9]{3,4}(?:-[A-Z0-9]{3,4}){1,2})\s*$", re.MULTILINE)
TICKET = re.compile(r"/(?:studio/invitations|seats)/(\S+)")
MORE_FIRST = 401
CODE_SECONDS = 30
NO_SUCH_LOGIN = "email_password_mismatch"


class Person:
    """Every call is hers alone: a client of her own, and after `enter` a token with the scopes that she asked for."""

    def __init__(self, name: str, web: str, mail: Path, password: str) -> None:
        self.name, self.email, self.password = name, f"{name}@example.org", password
        self.mailbox = Mailbox(mail, self.email)
        self.http = wire.client(web)
        self._session = ""

    def sign_up(self, scopes: Sequence[str]) -> None:
        """Opens her account, confirms its e-mail address and issues a token."""
        self._enter("signup", scopes)

    def sign_in(self, scopes: Sequence[str]) -> bool:
        """The same with an account that she has. False when there is none of this e-mail address and password."""
        try:
            self._enter("login", scopes)
        except Trouble as trouble:
            if trouble.code != NO_SUCH_LOGIN:
                raise
            return False
        return True

    def two_step(self) -> None:
        """Switches on the second step at sign-in, as studios ask of their people. Its secret is kept beside her mails, as in an app."""
        if self._secret.exists():
            return
        self._accounts("auth/reauthenticate", {"password": self.password})
        offered = self.http.get(f"{ACCOUNTS}/account/authenticators/totp", headers=self._headers).json()
        secret = str(offered["meta"]["secret"])
        response = self._accounts("account/authenticators/totp", {"code": _code(secret)})
        if not response.is_success:
            raise _not_entered(response, f"{self.email} could not switch on the second step")
        self._secret.write_text(secret)

    def code(self) -> str | None:
        """What her authenticator app shows now; None for somebody who has none. Each code is taken once."""
        return _code(self._secret.read_text()) if self._secret.exists() else None

    @property
    def secret(self) -> str:
        """Of her second step: for an authenticator app of somebody who wants to sign in as her."""
        return self._secret.read_text()

    @property
    def _secret(self) -> Path:
        return self.mailbox.folder / f"{self.email}.totp"

    @property
    def _headers(self) -> dict[str, str]:
        return {"X-Session-Token": self._session} if self._session else {}

    def _enter(self, how: str, scopes: Sequence[str]) -> None:
        seen = self.mailbox.newest()
        self._session = ""
        response = self._accounts(f"auth/{how}", {"email": self.email, "password": self.password})
        if response.status_code == MORE_FIRST:
            self._session = _session(response)
            response = self._second_step() if _asks_for_code(response) else self._confirm(seen)
        if not response.is_success:
            raise _not_entered(response, f"{self.email} could not {how}")
        self._session = _session(response)
        self.http.headers["Authorization"] = f"Bearer {self.token(scopes)}"

    def _confirm(self, seen: int) -> httpx.Response:
        return self._accounts("auth/email/verify", {"key": self.mailbox.code(after=seen)})

    def _second_step(self) -> httpx.Response:
        response = self._accounts("auth/2fa/authenticate", {"code": self.code() or ""})
        if not response.is_success:  # this code was taken already: the next one comes within half a minute
            time.sleep(CODE_SECONDS - time.time() % CODE_SECONDS + 0.5)
            response = self._accounts("auth/2fa/authenticate", {"code": self.code() or ""})
        return response

    def token(self, scopes: Sequence[str]) -> str:
        """A new token of hers. Those that she has stay."""
        wanted = {"name": "demo", "scopes": list(scopes), "days": 1}
        with wire.client(str(self.http.base_url)) as http:  # a token issues none, so hers must not be sent along
            response = wire.send(http, "POST", f"{API}/tokens", json=wanted, headers=self._headers)
        token: str = response.json()["token"]
        return token

    def _accounts(self, path: str, body: dict[str, str]) -> httpx.Response:
        return self.http.post(f"{ACCOUNTS}/{path}", json=body, headers=self._headers)

    def get(self, path: str, **query: str) -> Any:
        return wire.send(self.http, "GET", f"{API}{path}", params=query).json()

    def text(self, path: str) -> str:
        return wire.send(self.http, "GET", f"{API}{path}").text

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """With an Idempotency-Key of its own, so that a repeated send does not act twice."""
        response = wire.send(self.http, "POST", f"{API}{path}", json=body or {}, headers={"Idempotency-Key": uuid4().hex})
        return response.json() if response.content else None

    def all(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, page after page."""
        page = self.get(path, **query)
        yield from page["results"]
        while page["next"]:
            page = wire.send(self.http, "GET", page["next"]).json()
            yield from page["results"]


def _not_entered(response: httpx.Response, what: str) -> Trouble:
    """The accounts service has a form of its own for a no: a list of errors, each with code and message."""
    errors = response.json().get("errors") or [{}] if response.headers.get("Content-Type", "").startswith("application/json") else [{}]
    return Trouble(f"{what}: {errors[0].get('message', response.reason_phrase)}", errors[0].get("code", f"http_{response.status_code}"))


def _code(secret: str) -> str:
    """RFC 6238, as authenticator apps do it."""
    key = b32decode(secret + "=" * (-len(secret) % 8))
    return TOTP(key, 6, SHA1(), CODE_SECONDS, enforce_key_length=False).generate(int(time.time())).decode()


def _asks_for_code(response: httpx.Response) -> bool:
    flows = response.json().get("data", {}).get("flows", [])
    return any(flow["id"] == "mfa_authenticate" for flow in flows)


def _session(response: httpx.Response) -> str:
    token = response.json().get("meta", {}).get("session_token") if response.content else None
    if not token:
        raise Trouble(f"The accounts service gave no session: {response.text[:300]}", f"http_{response.status_code}")
    return str(token)


class Mailbox:
    """One person's messages in the folder in which the launcher's mail server keeps them all."""

    def __init__(self, folder: Path, email: str) -> None:
        self.folder, self.email = folder, email

    def newest(self) -> int:
        return max((int(path.stem) for path in self.folder.glob("[0-9]*.eml")), default=0)

    def code(self, after: int) -> str:
        """The confirmation code in the first message to her that is newer than `after`."""
        return self._awaited(CODE, after, "a confirmation code")

    def ticket(self, after: int) -> str:
        """What the link of an invitation, to a studio or to a seat, ends with."""
        return self._awaited(TICKET, after, "an invitation")

    def _awaited(self, wanted: re.Pattern[str], after: int, what: str) -> str:
        late = f"No message with {what} reached {self.email}."
        return wire.until(lambda: self._found(wanted, after), within=30, late=late, every=0.05)

    def _found(self, wanted: re.Pattern[str], after: int) -> str | None:
        for path in sorted(self.folder.glob("[0-9]*.eml"), key=lambda path: int(path.stem)):
            if int(path.stem) > after and (found := self._found_in(path, wanted)):
                return found
        return None

    def _found_in(self, path: Path, wanted: re.Pattern[str]) -> str | None:
        message = message_from_bytes(path.read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        body = message.get_body(("plain",))
        if self.email not in str(message["To"]) or body is None:
            return None
        found = wanted.search(body.get_content())
        return found.group(1) if found else None
