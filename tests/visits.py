"""Pages as a browser of somebody gets them."""

from typing import Any

from django.test import Client


def signed_in(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())
