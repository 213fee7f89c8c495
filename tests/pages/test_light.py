import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_pages_are_dark_until_the_reader_chooses(client: Client) -> None:
    assert 'data-theme="dark"' in client.get("/").content.decode()
    answer = client.post("/theme", {"theme": "light", "next": "/en/catalogue"})
    assert (answer.status_code, answer["Location"]) == (302, "/en/catalogue")
    assert 'data-theme="light"' in client.get("/").content.decode()


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_the_choice_of_light_leads_to_no_other_site(client: Client, elsewhere: str) -> None:
    assert client.post("/theme", {"theme": "light", "next": elsewhere})["Location"] == "/"


def test_an_unknown_light_is_none(client: Client) -> None:
    assert "theme" not in client.post("/theme", {"theme": "neon", "next": "/"}).cookies
    client.cookies["theme"] = '"><script>'
    assert 'data-theme="dark"' in client.get("/").content.decode()
    assert client.get("/theme").status_code == 405
