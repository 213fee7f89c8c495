"""The pages that everybody may read, as a browser without scripts reads them."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.translation import override

from tests.world import World

pytestmark = pytest.mark.django_db
LANGUAGES = ("fr", "en")
LEGAL = ("imprint", "terms", "privacy")
ENTRANCES = ("account_login", "account_signup", "account_reset_password")


class Read(HTMLParser):
    """What matters of a page: its language, its links, its headings, and whatever a strict policy would refuse."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def every(self, tag: str) -> list[dict[str, str | None]]:
        return [attrs for name, attrs in self.tags if name == tag]

    def inline(self) -> list[str]:
        scripts = [str(a) for a in self.every("script") if "src" not in a and a.get("type") != "application/json"]
        return scripts + [
            f"{tag} {attrs}" for tag, attrs in self.tags if tag == "style" or [n for n in attrs if n == "style" or n.startswith("on")]
        ]


def addresses(world: World) -> list[tuple[str, dict[str, str]]]:
    tier = world.tier()
    offering = {"offering": world.offering.public_id}
    shelf: list[tuple[str, dict[str, str]]] = [("landing", {}), ("catalogue", {}), ("notice", {}), ("verify", {})]
    shelf += [("offering", offering), ("tiers", offering), ("tier", {"tier": tier.public_id})]
    return [*shelf, *(("legal", {"page": page}) for page in LEGAL), *((name, {}) for name in ENTRANCES)]


def address(language: str, name: str, /, **kept: str) -> str:
    with override(language):
        return reverse(name, kwargs=kept)


def read(client: Client, where: str) -> tuple[Any, Read]:
    answer = client.get(where)
    return answer, Read(answer.content.decode())


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_speaks_its_language_and_holds_nothing_inline(world: World, client: Client, language: str) -> None:
    for name, kept in addresses(world):
        answer, page = read(client, address(language, name, **kept))
        assert answer.status_code == 200, name
        assert page.every("html")[0]["lang"] == answer["Content-Language"] == language, name
        assert not page.inline(), name
        assert len(page.every("h1")) == 1, name
        assert {a["hreflang"] for a in page.every("link") if a.get("hreflang")} == set(LANGUAGES), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_link_of_ours_leads_nowhere_and_none_leaves_the_language(world: World, client: Client, language: str) -> None:
    links = set()
    for name, kept in addresses(world):
        _, page = read(client, address(language, name, **kept))
        links |= {(a["href"] or "").partition("#")[0] for a in page.every("a") if not a.get("hreflang")} - {""}
    links = {link for link in links if not link.startswith("mailto:")}
    spoken = [link for link in links if not link.startswith(("?", "/trust/"))]  # what programs read speaks no language
    assert all(link.startswith("/en/") == (language == "en") for link in spoken), spoken
    for link in links:
        assert client.get(link if link.startswith("/") else address(language, "catalogue") + link).status_code in (200, 302), link


def test_the_language_switch_stays_on_the_page(world: World, client: Client) -> None:
    world.tier()
    here = address("fr", "offering", offering=world.offering.public_id)
    _, page = read(client, here)
    there = {a["hreflang"]: a["href"] for a in page.every("a") if a.get("hreflang")}
    assert there == {"fr": here, "en": f"/en{here}"}


@pytest.mark.parametrize("where", ["/", "/en/nowhere", "/accounts/login/", "/api/v1/catalogue"])
def test_the_policy_lets_nothing_in_but_our_own(db: None, client: Client, where: str) -> None:
    policy = client.get(where)["Content-Security-Policy"]
    assert "script-src 'self'" in policy and "style-src 'self'" in policy and "default-src 'none'" in policy
    assert "unsafe" not in policy and "*" not in policy


@pytest.mark.parametrize(("language", "words"), [("fr", "Vous ne pouvez pas"), ("en", "You may not")])
def test_a_base_says_what_one_may_and_may_not_in_the_readers_language(world: World, client: Client, language: str, words: str) -> None:
    from licensing.text import summary

    tier = world.tier()
    answer, _ = read(client, address(language, "offering", offering=world.offering.public_id))
    text = re.sub(r"&#x27;|&#39;", "'", answer.content.decode())
    may, may_not = summary(tier.current.terms, language)
    assert words in text.replace("\u00a0", " ")
    assert may and may_not and all(phrase in text for phrase in may + may_not)
    assert "La Nuit claire" in text and world.version.digest in text


def test_a_tier_shows_the_text_whose_hash_is_accepted(world: World, client: Client) -> None:
    from licensing.text import text_hash

    tier = world.tier()
    for language in LANGUAGES:
        answer, _ = read(client, address(language, "tier", tier=tier.public_id))
        assert text_hash(tier.current.terms, language) in answer.content.decode()


def test_the_catalogue_is_narrowed_by_words_and_by_use(world: World, client: Client) -> None:
    world.tier(may_train=False, training_seconds=0)
    mine = f"q={world.studio.name}"
    queries = (mine, "q=nuit+claire", "q=nobody-has-this-name", f"{mine}&use=train", f"{mine}&use=commercial")
    found = {query: world.offering.public_id in client.get(f"/catalogue?{query}").content.decode() for query in queries}
    assert list(found.values()) == [True, True, False, False, True]


@pytest.mark.parametrize(
    "query", ["page=0", "page=x", "page=99999999999999999999", "order=x&use=y", "q=" + "x" * 5000, "q=%00", "q=%F0%9F%8E%AC"]
)
def test_odd_queries_are_no_crash(world: World, client: Client, query: str) -> None:
    world.tier()
    assert client.get(f"/catalogue?{query}").status_code == 200


def test_the_tiers_answer_which_one_is_enough(world: World, client: Client) -> None:
    small, large = world.tier(price=900, seats=1), world.tier(price=9900, seats=10)
    here = address("en", "tiers", offering=world.offering.public_id)
    assert f"{small.name} is enough, for €9." in client.get(f"{here}?seats=1").content.decode()
    assert f"{large.name} is enough, for €99." in client.get(f"{here}?seats=2").content.decode()
    assert "too few seats" in client.get(f"{here}?seats=11").content.decode()
    for odd in ("seats=-1", "seats=" + "9" * 400, "hours=x", "clips=%D9%A3"):
        assert client.get(f"{here}?{odd}").status_code == 200


@pytest.mark.parametrize("kind", ["offering", "tier"])
def test_what_is_not_on_sale_or_no_id_at_all_is_a_page_that_says_so(world: World, client: Client, kind: str) -> None:
    from atelier.catalog.models import BaseVersion
    from atelier.catalog.states import VersionState

    tier = world.tier()
    real = {"offering": world.offering.public_id, "tier": tier.public_id}[kind]
    BaseVersion.objects.filter(pk=world.version.pk).update(state=VersionState.WITHDRAWN)
    for named in (real, "nonsense", "9" * 300):
        answer, page = read(client, address("fr", kind, **{kind: named}))
        assert (answer.status_code, page.every("html")[0]["lang"]) == (404, "fr")
        assert "Il n’y a rien ici" in answer.content.decode()


def test_programs_find_their_pages(world: World, client: Client) -> None:
    world.tier()
    assert "Sitemap:" in client.get("/robots.txt").content.decode()
    assert client.get("/llms.txt").content.decode().startswith("# Atelier\n")
    sitemap = client.get("/sitemap.xml").content.decode()
    assert sitemap.count(f"/en/catalogue/{world.offering.public_id}<") == 1
    assert client.get("/llms.txt", headers={"Accept-Language": "fr"}).content == client.get("/llms.txt").content


def test_everybody_finds_where_a_notice_is_filed(world: World, client: Client) -> None:
    world.tier()
    _, page = read(client, address("en", "offering", offering=world.offering.public_id))
    links = [a["href"] for a in page.every("a")]
    assert "/en/notice" in links and f"/en/notice?about={world.offering.public_id}" in links
    assert "/notice" in client.get("/llms.txt").content.decode()
    assert "/en/notice</loc>" in client.get("/sitemap.xml").content.decode()
