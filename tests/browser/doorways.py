"""What stands only on the way through a form: behind a letter, a second step or a passkey. And the desk, with notices on it."""

import re
import subprocess
import sys

from playwright.sync_api import Browser

from atelier.demo.journey import PASSWORD
from atelier.devstack.wheels import REPOSITORY

from .town import Town
from .visitor import linked

KEY = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True}
PATIENCE = 45_000  # ms
WORD = "Claire Plaignante"


def stand_open(town: Town, browser: Browser) -> None:
    """Adds to `town.ids` what addresses need, and sessions that stopped half way."""
    _newcomer(town)
    _half_way(town)
    _forgetful(town)
    _desk(town)
    _takedowns(town)
    bob = town.entered("bob")
    bob.prove(PASSWORD)
    town.ids["token"] = _first(r"/account/tokens/([^/\"]+)/revoke", bob.read("/account/tokens"))
    town.ids["entry"] = _entry(town)
    town.ids["passkey"] = _passkey(town, browser, town.people["carol"].email)


def _entry(town: Town) -> str:
    """One of the studio's log, which a checkpoint covers."""
    alice, log = town.entered("alice"), f"/studio/{town.ids['studio']}/log"
    alice.post(f"{log}/checkpoints")
    return _first(r"/log/(\w+)/proof", alice.read(log))


def _newcomer(town: Town) -> None:
    """Signed up, and her address is not confirmed yet."""
    answer = town.entered("newcomer").post("/accounts/signup/", email="newcomer@example.org", password1="a long enough password")
    assert answer.url.path == "/accounts/confirm-email/"


def _half_way(town: Town) -> None:
    """Between the password and the second step."""
    answer = town.entered("halfway").post("/accounts/login/", login=town.people["dave"].email, password=PASSWORD)
    assert answer.url.path == "/accounts/2fa/authenticate/"


def _forgetful(town: Town) -> None:
    """Followed the link to a new password."""
    forgetful, letters = town.entered("forgetful"), town.mailbox(town.people["carol"].email)
    seen = letters.newest()
    forgetful.post("/accounts/password/reset/", email=letters.email)
    key = linked(letters, r"/accounts/password/reset/key/([^/\s]+)/", seen)
    page = forgetful.http.get(f"/accounts/password/reset/key/{key}/")
    town.ids["reset"] = _first(r"/key/([^/]+)/$", page.url.path)


def _desk(town: Town) -> None:
    """Dave is staff. The notice that the claimant follows has a question; one of her others is new, one decided."""
    env = {**town.stack.env, "PYTHONPATH": f"{REPOSITORY}:{REPOSITORY / 'platform'}"}
    subprocess.run([sys.executable, "manage.py", "staff", town.people["dave"].email], cwd=REPOSITORY, env=env, check=True)
    town.ids["asked"] = town.ids["case"].partition("/")[0]
    _filed(town, "decided")
    _filed(town, "number")
    _deed(town, "asked", "take-up")
    _deed(town, "asked", "ask", question="Dans quelle seconde ?")
    _deed(town, "decided", "decide", outcome="rejected", reason="Ce sont deux films.")


def _takedowns(town: Town) -> None:
    """A title on which nothing stands, taken back by its studio; an empty dataset by its owner; and a file that nobody knows."""
    alice, bob, staff = town.people["alice"], town.people["bob"], town.entered("dave")
    title = alice.post("/titles", {"studio": town.ids["studio"], "name": WORD})["id"]
    town.ids["taken"] = alice.post("/takedowns", {"item": title, "reason": "Les héritiers l’ont repris."})["id"]
    dataset = bob.post("/datasets", {"name": WORD})["id"]
    town.ids["withdrawal"] = bob.post("/withdrawals", {"item": dataset, "reason": "Elle n’est plus d’accord."})["id"]
    sent = {"data": {"csrfmiddlewaretoken": staff.http.cookies["csrftoken"]}, "files": {"file": ("suspect.safetensors", b"{}")}}
    town.ids["leak"] = staff.http.post("/desk/leaks", **sent).raise_for_status().url.path.rpartition("/")[2]


def _filed(town: Town, name: str) -> None:
    """Another notice, whose link becomes `name` + "_case", and its number `name`."""
    claimant, letters = town.entered("claimant"), town.mailbox("claimant@example.org")
    seen, said = letters.newest(), {"work": "Néon", "where": town.ids["offering"], "account": "C’est moi.", "name": WORD, "signature": WORD}
    claimant.post("/notice", matter="person", capacity="self", email=letters.email, good_faith="on", **said)
    town.ids[f"{name}_case"] = linked(letters, r"/notice/(\S+/\S+)", seen)
    town.ids[name] = town.ids[f"{name}_case"].partition("/")[0]


def _deed(town: Town, name: str, deed: str, **typed: str) -> None:
    page = f"/desk/{town.ids[name]}"
    seen = _first(r'name="seen" value="([^"]+)"', (staff := town.entered("dave")).read(page))
    assert staff.post(f"{page}/{deed}", seen=seen, **typed).url.path == page


def _passkey(town: Town, browser: Browser, email: str) -> str:
    """She adds one to her account, with a device that Chromium plays. Passkeys belong to names, so not by the server's number."""
    context = browser.new_context(base_url=town.web.replace("127.0.0.1", "localhost"), locale="en-GB")
    page = context.new_page()
    device = context.new_cdp_session(page)
    page.set_default_timeout(PATIENCE)
    device.send("WebAuthn.enable")
    device.send("WebAuthn.addVirtualAuthenticator", {"options": {**KEY, "automaticPresenceSimulation": True}})
    page.goto("/en/accounts/login/")
    page.fill("main [name=login]", email)
    page.fill("main [name=password]", PASSWORD)
    page.press("main [name=password]", "Enter")
    page.wait_for_url("**/en/home")
    page.goto("/en/accounts/reauthenticate/?next=/en/accounts/2fa/webauthn/add/")
    page.fill("main [name=password]", PASSWORD)
    page.press("main [name=password]", "Enter")
    page.fill("main [name=name]", "blue key")
    page.click("#mfa_webauthn_add")
    page.wait_for_url(lambda url: not url.endswith("/add/"))
    page.goto("/en/accounts/2fa/webauthn/")
    found = _first(r"/webauthn/keys/(\d+)/", page.content())
    context.close()
    return found


def _first(pattern: str, text: str) -> str:
    found = re.search(pattern, text)
    assert found, pattern
    return found.group(1)
