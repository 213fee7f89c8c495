"""The account's own pages: they are ours to look at, and every one of them answers."""

from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tests.world import World

from .test_public import Read

pytestmark = pytest.mark.django_db
PAGES = ("account_email", "account_change_password", "mfa_index", "usersessions_list", "account_logout")


@pytest.mark.parametrize("language", ["fr", "en"])
def test_every_page_of_the_account_is_ours_to_look_at(world: World, client: Client, language: str) -> None:
    world.bob.set_password("lumen-atelier-demo")
    world.bob.save()
    client.force_login(world.bob)
    for name in PAGES:
        with override(language):
            answer: Any = client.get(reverse(name))
        page = Read(answer.content.decode())
        assert (answer.status_code, page.every("html")[0]["lang"]) == (200, language), name
        assert page.every("header") and not page.inline(), name


def test_one_signs_up_on_pages_by_the_code_in_the_mail(client: Client, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    answer = client.post("/en/accounts/signup/", {"email": "eve@example.org", "password1": "lumen-atelier-demo"})
    assert answer.status_code == 302
    page = client.get(answer["Location"])
    assert page.status_code == 200 and "eve@example.org" in page.content.decode()
    [sent] = mail.outbox
    code = next(line.strip() for line in sent.body.splitlines() if line.strip().replace("-", "").isalnum() and line.strip().isupper())
    done = client.post(answer["Location"], {"code": code}, follow=True)
    assert done.redirect_chain and done.wsgi_request.user.is_authenticated


def test_where_one_is_signed_in_is_told(world: World, client: Client) -> None:
    client.force_login(world.bob)
    client.get("/en/")
    text = client.get("/en/accounts/sessions/").content.decode()
    assert "127.0.0.1" in text and "this one" in text
