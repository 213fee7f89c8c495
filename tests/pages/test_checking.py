"""The page that verifies a model, before its script has run: every sentence it may need is there, and so is the way without it."""

import json
import re
from pathlib import Path

import pytest
from django.test import Client

from atelier.devstack.browser import PACKAGES
from atelier.licences.checking import KNOWN
from licensing.commands.bundle import bundle
from licensing.findings import Finding
from licensing.verify import verify

from .test_public import LANGUAGES, address, read

pytestmark = pytest.mark.django_db
ISLANDS = PACKAGES.parent / "islands"
SAID = re.compile(r'(?:Malformed\(|Rejected\("\w+", |Unclear\(|#stop\(|say\(|#trouble\(|word: |"@)"?([a-z]+(?:\.[a-z]+)*)"')


def words_of(paths: list[Path]) -> set[str]:
    return {word for path in paths for word in SAID.findall(path.read_text())}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_that_the_script_says_stands_in_the_page(client: Client, language: str) -> None:
    _, page = read(client, address(language, "verify"))
    there = {span["data-word"] for span in page.every("span") if span.get("data-word")}
    wanted = words_of([ISLANDS / "verify.ts", *sorted((ISLANDS / "lib" / "licensing").glob("*.ts"))])
    assert {"good", "tensors", "json.twice", "header", "endless", "unable"} <= wanted
    assert wanted - there == set()


def test_the_page_brings_the_words_of_terms_and_explains_every_finding(client: Client) -> None:
    text = client.get("/en/verify").content.decode()
    found = re.search(r'<script id="known" type="application/json">(.*?)</script>', text)
    assert found and json.loads(found[1]) == json.loads(json.dumps(KNOWN))
    for finding in Finding:
        explained = re.search(rf'<th scope="row"><code>{finding}</code></th><td>\s*\S', text)
        assert bool(explained) == (finding not in {"TRUNCATED", "FORKED", "OTHER_LOG", "NO_PROOF"}), finding


def test_the_same_check_comes_as_one_file_of_source(client: Client) -> None:
    answer = client.get("/trust/verifier.py")
    assert answer.content.decode() == bundle()
    assert answer["Content-Type"].startswith("text/x-python")
    assert f"def {verify.__name__}(" in answer.content.decode()
