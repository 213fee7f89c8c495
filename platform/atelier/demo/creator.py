"""What the creator does: read and buy, bring material, train, take home."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import urljoin

from atelier.demo import progress, upload, wire
from atelier.demo.clips import Clip
from atelier.demo.people import API, Person
from atelier.demo.trouble import Trouble

USE = {"stage": "pre_production", "media": ["web", "festival"], "territories": ["BE", "FR"], "commercial": False}
PAY_BUTTON = re.compile(r'formaction="([^"]+/pay)"')
CHECK_SECONDS = 600
STAMP_SECONDS = 120
# A run of so few steps has to learn faster to show anything.
SHORT_RUN = 100
OPEN = ("queued", "preflight", "running", "finishing")


@dataclass
class Material:
    """What became of the clips: assets that passed the checks, and (name, code, sentence) of those that did not."""

    ready: list[dict[str, Any]] = field(default_factory=list)
    refused: list[tuple[str, str, str]] = field(default_factory=list)


@dataclass(frozen=True)
class Wish:
    """What is to be trained. `previews` are prompts with their seeds."""

    steps: int
    trigger: str
    previews: Sequence[tuple[str, int]]


def choose(bob: Person, name: str) -> dict[str, Any]:
    """Finds the tier in the public catalogue and reads it: grants, price, and the text that he will accept by its hash."""
    on_sale = [tier for offering in bob.all("/catalogue") for tier in offering["tiers"] if tier["name"] == name]
    if not on_sale:
        raise Trouble(f"The catalogue holds no tier {name}.", "no_tier")
    tier: dict[str, Any] = bob.get(f"/tiers/{on_sale[0]['id']}", language="en")
    return tier


def order(bob: Person, tier: dict[str, Any]) -> dict[str, Any]:
    wanted = {"revision": tier["revision"], "accepted_text": tier["text_hash"], "language": tier["language"]}
    opened: dict[str, Any] = bob.post("/orders", wanted)
    return opened


def pay(page: str) -> None:
    """Presses the button of the payment provider's page, as a browser would."""
    with wire.client() as browser:
        button = PAY_BUTTON.search(wire.send(browser, "GET", page).text)
        if button is None:
            raise Trouble("The payment page has no button to pay with.", "payment_page")
        wire.send(browser, "POST", urljoin(page, unescape(button.group(1))), data={"email": "bob@example.org"})


def licence(bob: Person, order_id: str) -> str:
    """Waits until the provider's webhook has settled the order. Returns the licence's id."""

    def paid() -> dict[str, Any] | None:
        found: dict[str, Any] = bob.get(f"/orders/{order_id}")
        return None if found["state"] == "open" else found

    found = wire.until(paid, within=60, late="The payment was made, but no webhook settled the order.")
    if found["state"] != "paid":
        raise Trouble(f"The order is {found['state']}: {found['problem']}", "order_not_paid")
    return str(found["licence"])


def take_base(bob: Person, licence_id: str, folder: Path) -> dict[str, str]:
    """Downloads the licensed base itself. Returns path to sha256."""
    links = bob.post(f"/licences/{licence_id}/base-download")
    with wire.client() as store:
        for link in links:
            _fetch(store, link["url"], folder, link["path"], link["sha256"])
    return {link["path"]: link["sha256"] for link in links}


def _fetch(store: Any, url: str, folder: Path, name: str, sha256: str) -> None:
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        raise Trouble(f"The server names a file outside the folder: {name}.", "bad_path")
    if upload.fetch(store, url, folder / name) != sha256:
        raise Trouble(f"{name} arrived with another sha256 than the API says.", "altered")


def bring(bob: Person, dataset: str, clips: Sequence[Clip]) -> Material:
    """Uploads every clip and waits for the checks. A file that is refused is noted, and the rest goes on."""
    material, sent, line = Material(), [], progress.Line()
    with wire.client() as store:
        for number, clip in enumerate(clips, 1):
            line.write(f"sending {number} of {len(clips)}: {clip.name}")
            try:
                sent.append(_send(bob, store, dataset, clip))
            except Trouble as trouble:
                if not trouble.of_the_file:
                    raise
                material.refused.append((clip.name, trouble.code, trouble.sentence))
    line.write("waiting for the checks")
    for asset in sent:
        checked = _checked(bob, asset)
        if checked["state"] == "ready":
            material.ready.append(checked)
        else:
            problem = checked["problem"]
            material.refused.append((checked["name"], problem["code"], problem["sentence"]))
    line.close()
    return material


def _send(bob: Person, store: Any, dataset: str, clip: Clip) -> str:
    facts = {"name": clip.name, "bytes": clip.path.stat().st_size, "sha256": upload.sha256(clip.path), "caption": clip.caption}
    asset = bob.post(f"/datasets/{dataset}/assets", facts)

    def links(numbers: list[int]) -> list[dict[str, Any]]:
        signed: list[dict[str, Any]] = bob.post(f"/assets/{asset['id']}/parts", {"numbers": numbers})["parts"]
        return signed

    upload.send(store, clip.path, asset["part_count"], links)
    bob.post(f"/assets/{asset['id']}/complete")
    return str(asset["id"])


def _checked(bob: Person, asset: str) -> dict[str, Any]:
    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = bob.get(f"/assets/{asset}")
        return None if found["state"] in ("uploading", "checking") else found

    return wire.until(over, within=CHECK_SECONDS, late="The check of an uploaded file does not end.")


def caption(bob: Person, dataset: str, captions: dict[str, str]) -> None:
    if captions:
        unknown = bob.post(f"/datasets/{dataset}/captions", {"captions": captions})["unknown"]
        if unknown:
            raise Trouble(f"No file of the dataset is called {', '.join(unknown)}.", "unknown_names")


def attest(bob: Person, dataset: str) -> str:
    """Reads the promise about the material and gives it. Returns the text's hash."""
    text = bob.get(f"/datasets/{dataset}/attestation", language="en")
    bob.post(f"/datasets/{dataset}/attest", {"text_hash": text["text_hash"]})
    return str(text["text_hash"])


def seal(bob: Person, dataset: str) -> str:
    """Returns the Merkle root."""
    return str(bob.post(f"/datasets/{dataset}/seal")["root"])


def quote(bob: Person, licence_id: str, dataset: str, project: str, wish: Wish) -> dict[str, Any]:
    asked: dict[str, Any] = {
        "licence": licence_id,
        "dataset": dataset,
        "project": project,
        "name": f"{wish.trigger} on Lumen",
        "knobs": {
            "steps": wish.steps,
            "rank": 16,
            "learning_rate": 3e-3 if wish.steps <= SHORT_RUN else 2e-3,
            "batch_size": 4,
            "checkpoint_every": max(1, min(50, wish.steps // 3)),
            "trigger": wish.trigger,
        },
        "previews": [{"prompt": prompt, "seed": seed} for prompt, seed in wish.previews],
    }
    offered: dict[str, Any] = bob.post("/quotes", asked)
    return offered


def watch(bob: Person, training: str) -> dict[str, Any]:
    """Follows the live events to the end. Returns the training when it is done; Trouble with its own sentence otherwise."""
    show = progress.Show()
    try:
        progress.follow(bob.http, f"{API}/trainings/{training}/events", show, over=lambda: _over(bob, training))
    finally:
        show.close()
    found: dict[str, Any] = bob.get(f"/trainings/{training}")
    if found["state"] != "done":
        raise Trouble(f"The training is {found['state']}: {found['sentence']}", found["code"])
    return found


def _over(bob: Person, training: str) -> bool:
    return bob.get(f"/trainings/{training}")["state"] not in OPEN


def take_model(bob: Person, model: str, folder: Path) -> dict[str, Any]:
    """Downloads every file of the model by a link of its own. Returns the model, with digests and sizes as they were handed over."""
    found = _signed(bob, model)
    with wire.client() as store:
        for file in found["files"]:
            asked = bob.post(f"/models/{model}/handovers", {"file": file["path"]})
            link = asked if "url" in asked else _stamped(bob, asked["id"])
            _fetch(store, link["url"], folder, file["path"], link["sha256"])
            file |= {name: link[name] for name in ("sha256", "bytes")}
    return found


def _signed(bob: Person, model: str) -> dict[str, Any]:
    """The model once its pictures are signed too, which takes a moment longer than the training."""

    def whole() -> dict[str, Any] | None:
        found: dict[str, Any] = bob.get(f"/models/{model}")
        shown = found["manifest"]["previews"]
        wanted = {*shown["base"], *shown["custom"], *filter(None, [shown["sheet"]])}
        return found if wanted <= {file["path"] for file in found["files"]} else None

    found: dict[str, Any] = wire.until(whole, within=STAMP_SECONDS, late="The pictures of a model are not signed.")
    return found


def _stamped(bob: Person, handover: str) -> dict[str, Any]:
    """Waits until the certificate is in the copy of the weights. Returns the link to it."""

    def over() -> dict[str, Any] | None:
        found: dict[str, Any] = bob.get(f"/handovers/{handover}")
        return None if found["state"] == "preparing" else found

    found = wire.until(over, within=STAMP_SECONDS, late="The certificate of a model is not written.")
    if found["state"] != "ready":
        raise Trouble(found["problem"]["sentence"], found["problem"]["code"])
    link: dict[str, Any] = found["link"]
    return link
