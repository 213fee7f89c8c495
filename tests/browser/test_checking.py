"""The page that verifies a dropped model, in a real browser: what it says is what `python -m licensing verify` says of the same bytes."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from licensing.verify import Result
from tests.licensing.proofs import verified
from tests.pages.test_verifiers_agree import CASES, Asked

from .conftest import Open
from .test_dropping import drop
from .town import Town
from .window import PHONE, Complaints

pytestmark = [pytest.mark.stack, pytest.mark.timeout(600)]
SHOWN = ["good", "good without a list", "one bit", "moved", "licensee", "expired", "early", "revoked licence", "stale", "none"]
SHOWN += ["stranger", "retired", "other root", "keys changed"]
SHOWN += ["a header of 64 MB", "notes twice", "a gap", "cut short", "another base named"]


def judged(asked: Asked) -> Result:
    return verified(asked.model, asked.beside, **vars(asked.question))


def asked_in(page: Page, asked: Asked, folder: Path) -> None:
    """With the day, the root and the list of the question, whatever the site's own are."""
    question, model = asked.question, folder / "lumière.safetensors"
    model.write_bytes(asked.model)
    page.clock.set_fixed_time(question.at)
    page.unroute_all()
    page.route("**/trust/root.pub", lambda route: route.fulfill(body=question.root.to_pem()))
    page.route("**/trust/revocations.json", lambda route: listed(route, question.revocations))
    page.locator("[name=licensee]").evaluate("(one, typed) => { one.value = typed }", str(question.licensee or ""))
    page.locator("[data-files]").set_input_files(model)
    expect(page.locator("[data-result]:visible")).to_be_visible()


def listed(route: Route, document: bytes | None) -> None:
    route.fulfill(status=404) if document is None else route.fulfill(body=document, content_type="application/json")


def test_the_page_says_what_the_command_says(window: Open, complaints: Complaints, tmp_path: Path) -> None:
    complaints.forgive("404")
    page = window("", "en")
    page.goto("/en/verify")
    expect(page.locator("[data-drop]:not([inert])")).to_be_visible()
    for name in SHOWN:
        asked = CASES[name]
        result = judged(asked)
        asked_in(page, asked, tmp_path)
        expect(page.locator("[data-code]")).to_have_text(str(result.finding))
        if name != "notes twice":  # whose sentence tells what Python's reader of JSON said
            expect(page.locator("[data-sentence]")).to_have_text(result.detail)
        shown = page.locator('[data-fact="licence"]')
        expect(shown).to_have_text("lic_1") if result.certificate else expect(shown).to_be_hidden()
        page.locator("[data-code]").evaluate("one => { one.textContent = '' }")


def test_a_copy_that_was_handed_over_is_good_and_its_tensors_go_nowhere(window: Open, town: Town, tmp_path: Path) -> None:
    """Dropped on a narrow window in French, with the trust root and the list of the site itself."""
    handed = town.people["bob"].get(f"/handovers/{town.ids['handover']}")
    model = tmp_path / "modèle.safetensors"
    page = window("", "fr", PHONE)
    model.write_bytes(page.request.get(handed["link"]["url"]).body())
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    page.goto("/verify")
    expect(page.locator("[data-drop]:not([inert])")).to_be_visible()
    sent.clear()
    drop(page, model, 200, 300)
    expect(page.locator("[data-code]")).to_have_text("OK")
    number = page.locator('[data-fact="licensee"]').inner_text()
    expect(page.locator("[data-sentence]")).to_contain_text(f" {number} ")
    assert page.locator(".checks .yes").count() == 5
    assert {line.partition(" ")[0] for line in sent} == {"GET"}
    assert not [line for line in sent if not line.startswith(f"GET {town.web}/")]


def test_a_browser_without_ed25519_says_so_and_offers_the_command(window: Open) -> None:
    page = window("", "en")
    page.add_init_script("SubtleCrypto.prototype.importKey = () => Promise.reject(new DOMException('', 'NotSupportedError'))")
    page.goto("/en/verify")
    expect(page.locator("[data-trouble]")).to_contain_text("cannot check Ed25519 signatures")
    assert page.locator("[data-drop]").evaluate("one => one.inert")
    expect(page.locator("#commands")).to_contain_text("python verifier.py verify")


def test_without_javascript_the_page_offers_the_command(window: Open) -> None:
    page = window("", "en", java_script_enabled=False)
    page.goto("/en/verify")
    expect(page.locator("noscript .alert")).to_contain_text("needs JavaScript")
    expect(page.locator("[data-drop]")).to_be_hidden()
    expect(page.locator("#commands")).to_contain_text("/trust/root.pub")
