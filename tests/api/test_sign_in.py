"""Attacks on the way in: forged forms, fixed sessions, guessing, asking who has an account, codes used twice."""

import json
import time
from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.conf import settings
from django.core import mail
from django.test import Client
from rest_framework.test import APIClient

from tests.world import World, client_of

BROWSER = "/_allauth/browser/v1"
PASSWORD = "a walk by the river"


class Visitor:
    """A browser at an address of its own, so that one test's attempts do not count for another's."""

    def __init__(self, **meta: Any) -> None:
        number = uuid4().int
        address = f"2001:db8:{number % 2**16:x}:{(number >> 16) % 2**16:x}::1"
        self.client = Client(REMOTE_ADDR=address, **meta)

    def post(self, path: str, body: dict[str, Any], **headers: str) -> Any:
        return self.client.post(f"{BROWSER}{path}", body, content_type="application/json", headers=headers)

    def sign_in(self, email: str, password: str = PASSWORD, **headers: str) -> Any:
        return self.post("/auth/login", {"email": email, "password": password}, **headers)

    @property
    def session(self) -> str:
        return self.client.cookies[settings.SESSION_COOKIE_NAME].value

    @property
    def signed_in(self) -> bool:
        return self.client.get("/api/v1/me").status_code == 200


@pytest.fixture
def known(world: World) -> str:
    """The address of a person with a password, verified."""
    person = world.bob
    person.set_password(PASSWORD)
    person.save()
    EmailAddress.objects.create(user=person, email=person.email, verified=True, primary=True)
    return str(person.email)


def test_a_session_alone_does_not_act_without_the_csrf_token(world: World) -> None:
    """A form on another site carries the cookie and not the token."""
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.bob)
    wish = {"name": "x", "country": "FR"}
    answer = client.post("/api/v1/studios", wish, format="json")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert client.get("/api/v1/studios").json()["results"] == []


def test_with_the_csrf_token_it_does(world: World) -> None:
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(world.bob)
    client.get("/accounts/email/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    answer = client.post("/api/v1/studios", {"name": "x", "country": "FR"}, format="json", headers={"X-CSRFToken": token})
    assert answer.status_code == 201


def test_signing_in_and_out_needs_the_csrf_token_too(known: str) -> None:
    visitor = Visitor(enforce_csrf_checks=True)
    assert visitor.sign_in(known).status_code == 403
    assert not visitor.signed_in


def test_a_session_that_an_attacker_knows_is_not_the_one_signed_in(known: str) -> None:
    attacker, victim = Visitor(), Visitor()
    attacker.client.session.save()
    session = attacker.client.session
    session["mark"] = "planted"
    session.save()
    attacker.client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    victim.client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    assert victim.sign_in(known).status_code == 200
    assert victim.signed_in
    assert victim.session != session.session_key
    assert not attacker.signed_in


def test_signing_out_ends_the_session_everywhere(known: str) -> None:
    visitor, thief = Visitor(), Visitor()
    visitor.sign_in(known)
    thief.client.cookies[settings.SESSION_COOKIE_NAME] = visitor.session
    assert thief.signed_in
    visitor.client.delete(f"{BROWSER}/auth/session")
    assert not thief.signed_in


def test_guessing_at_one_account_is_stopped_wherever_it_claims_to_come_from(known: str) -> None:
    visitor = Visitor()
    for attempt in range(6):
        last = visitor.sign_in(known, "guess", **{"X-Forwarded-For": f"198.51.100.{attempt}"})
    assert last.json()["errors"][0]["code"] == "too_many_login_attempts"
    assert visitor.sign_in(known).status_code == 400


def test_stuffing_many_accounts_from_one_address_is_stopped_whatever_it_forges(db: None) -> None:
    visitor = Visitor()
    for attempt in range(11):
        forged = {
            "X-Forwarded-For": f"198.51.100.{attempt}",
            "X-Real-IP": f"198.51.100.{attempt}",
            "Forwarded": f"for=198.51.100.{attempt}",
        }
        last = visitor.sign_in(f"{uuid4().hex}@example.org", "guess", **forged)
    assert last.status_code == 429 or last.json()["errors"][0]["code"] == "too_many_login_attempts"


def without_varying(answer: Any) -> tuple[int, str]:
    return answer.status_code, json.dumps(answer.json(), sort_keys=True)


@pytest.mark.parametrize("spelt", [str.lower, str.upper])
def test_sign_up_does_not_tell_who_has_an_account(known: str, spelt: Any) -> None:
    """Nor when it is tried twice, which the limit on mails to one address stops for both."""
    fresh = f"{uuid4().hex}@example.org"
    tries = [[without_varying(sign_up(spelt(email))) for _ in range(2)] for email in (fresh, known)]
    assert tries[0] == tries[1]
    assert tries[0][0][0] == 401


def sign_up(email: str) -> Any:
    return Visitor().post("/auth/signup", {"email": email, "password": PASSWORD})


def test_the_owner_of_a_taken_address_is_told_by_mail_and_gets_no_code(known: str) -> None:
    sign_up(known)
    told = [letter for letter in mail.outbox if letter.to == [known]]
    assert len(told) == 1
    assert "already" in told[0].body


def test_a_forgotten_password_does_not_tell_who_has_an_account(known: str) -> None:
    answers = [Visitor().post("/auth/password/request", {"email": email}) for email in (known, f"{uuid4().hex}@example.org")]
    assert len({without_varying(answer) for answer in answers}) == 1


def test_a_wrong_password_and_no_account_are_answered_alike(known: str) -> None:
    answers = [Visitor().sign_in(email, "guess") for email in (known, f"{uuid4().hex}@example.org")]
    assert len({without_varying(answer) for answer in answers}) == 1


def test_a_suspended_person_does_not_sign_in(known: str, world: World) -> None:
    world.bob.is_active = False
    world.bob.save()
    visitor = Visitor()
    assert visitor.sign_in(known).status_code in (400, 401)
    assert not visitor.signed_in


def test_a_code_is_taken_once(known: str, world: World) -> None:
    secret = generate_totp_secret()
    TOTP.activate(world.bob, secret)
    code = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    visitor, thief = Visitor(), Visitor()
    for each in (visitor, thief):
        assert each.sign_in(known).status_code == 401
        assert not each.signed_in
    assert visitor.post("/auth/2fa/authenticate", {"code": code}).status_code == 200
    assert visitor.signed_in
    assert thief.post("/auth/2fa/authenticate", {"code": code}).status_code == 400
    assert not thief.signed_in


@pytest.mark.parametrize(
    "elsewhere", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)", "https:evil.example"]
)
def test_signing_in_leads_to_no_other_site(known: str, elsewhere: str) -> None:
    client = Visitor().client
    form = {"login": known, "password": PASSWORD, "next": elsewhere}
    answer = client.post(f"/accounts/login/?next={elsewhere}", form)
    assert (answer.status_code, answer["Location"]) == (302, "/home")


def test_the_payment_page_leads_back_to_us_and_nowhere_else(world: World, settings: Any) -> None:
    """Whatever the request says."""
    from atelier.checkout.models import Order
    from licensing.text import text_hash
    from tests.checkout.shop import stripe

    revision = world.tier().current
    wish = {"revision": revision.public_id, "accepted_text": text_hash(revision.terms, "en"), "language": "en"}
    evil = dict.fromkeys(("success_url", "cancel_url", "return_url", "next", "redirect"), "https://evil.example/")
    answer = client_of(world.bob).post(
        "/api/v1/orders?success_url=https://evil.example/", wish | evil, format="json", headers={"Referer": "https://evil.example/"}
    )
    assert answer.status_code == 201
    page = stripe("GET", f"checkout/sessions/{Order.objects.get(pk=Order.parse_id(answer.json()['id'])).session}")
    assert page["success_url"].startswith(f"{settings.PUBLIC_URL}/")
    assert page["cancel_url"].startswith(f"{settings.PUBLIC_URL}/")
