"""What allauth writes to people: in the language that each chose, plain, and from us."""

from typing import Any
from uuid import uuid4

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.test import Client
from django.utils import translation

from tests.world import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    """At an address of its own: what others tried does not count against it."""
    number = uuid4().int
    return Client(REMOTE_ADDR=f"2001:db8:{number % 2**16:x}:{(number >> 16) % 2**16:x}::1")


@pytest.fixture
def bob(world: World) -> Any:
    """Reads French, with a password."""
    world.bob.language = "fr"
    world.bob.set_password("lumen-atelier-demo")
    world.bob.save()
    EmailAddress.objects.create(user=world.bob, email=world.bob.email, verified=True, primary=True)
    return world.bob


@pytest.fixture
def spoken(monkeypatch: pytest.MonkeyPatch) -> list[str | None]:
    """The language of each mail as it was written."""
    from allauth.account.adapter import DefaultAccountAdapter

    languages: list[str | None] = []
    written = DefaultAccountAdapter.render_mail

    def render(*args: Any, **kwargs: Any) -> Any:
        languages.append(translation.get_language())
        return written(*args, **kwargs)

    monkeypatch.setattr(DefaultAccountAdapter, "render_mail", render)
    return languages


def test_a_link_to_a_new_password_is_in_the_language_of_its_reader(client: Client, bob: Any, spoken: list[str]) -> None:
    client.post("/en/accounts/password/reset/", {"email": bob.email})
    assert (spoken, mail.outbox[0].to) == (["fr"], [bob.email])
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


def test_to_an_address_without_an_account_it_is_in_the_language_of_the_page(client: Client, db: None, spoken: list[str]) -> None:
    client.post("/en/accounts/password/reset/", {"email": "nobody@example.org"})
    assert spoken == ["en"] and "no account has this address" in mail.outbox[0].body


def test_who_signs_up_on_a_page_is_written_to_in_its_language(client: Client, db: None, spoken: list[str]) -> None:
    from atelier.accounts.models import User

    client.post("/accounts/signup/", {"email": "french@example.org", "password1": "lumen-atelier-demo"})
    assert spoken == ["fr"] and User.objects.get(email="french@example.org").language == "fr"


def test_a_changed_password_is_told_to_its_owner(client: Client, bob: Any, spoken: list[str]) -> None:
    client.force_login(bob)
    form = {"oldpassword": "lumen-atelier-demo", "password1": "a walk by the river", "password2": "a walk by the river"}
    assert client.post("/en/accounts/password/change/", form).status_code == 302
    assert (spoken, mail.outbox[0].to) == (["fr"], [bob.email])


def test_too_many_tries_get_a_page_of_ours(client: Client, db: None) -> None:
    for attempt in range(30):
        answer = client.post("/en/accounts/password/reset/", {"email": f"nobody{attempt}@example.org"})
        if answer.status_code == 429:
            break
    page = answer.content.decode()
    assert answer.status_code == 429 and "Too fast" in page and '<header class="top">' in page
