"""Pages: the address decides. Programs: English unless they ask."""

import subprocess
import sys

import pytest
from django.test import Client

from tests.house.tree import ROOT

pytestmark = pytest.mark.django_db


def test_a_page_is_one_thing_whatever_the_browser_prefers(client: Client) -> None:
    assert client.get("/", headers={"Accept-Language": "en"})["Content-Language"] == "fr"
    assert client.get("/en/", headers={"Accept-Language": "fr"})["Content-Language"] == "en"


@pytest.mark.parametrize(("asked", "answered"), [({}, "en"), ({"Accept-Language": "fr"}, "fr"), ({"Accept-Language": "en"}, "en")])
def test_programs_are_answered_in_english_unless_they_ask(client: Client, asked: dict[str, str], answered: str) -> None:
    assert client.get("/api/v1/catalogue", headers=asked)["Content-Language"] == answered


def test_both_catalogues_are_complete() -> None:
    done = subprocess.run([sys.executable, "frontend/messages.py", "check"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
