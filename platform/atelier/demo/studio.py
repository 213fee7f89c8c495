"""What the studio's owner does. Each deed looks first whether it was done already, so that a second start finds its shop as it was."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.demo import upload, wire
from atelier.demo.people import Person
from atelier.demo.tiers import TIERS
from atelier.demo.trouble import Trouble

STUDIO = "Studio Lumière du Nord"
FILMS = (("La Nuit claire", 2021), ("Le Phare et la Neige", 2023))
BASE = "Lumen (miniature)"
VERSION = "1"
BASE_FOLDER = Path(__file__).resolve().parents[3] / "finetune" / "bases" / "tiny"
SAMPLES = BASE_FOLDER.with_name("tiny.samples")


@dataclass(frozen=True)
class Shop:
    """Public ids; `tiers` by name."""

    studio: str
    base: str
    digest: str
    offering: str
    tiers: dict[str, str]


def open_studio(alice: Person) -> str:
    """She signs in with two steps from now on: a studio asks that of its people."""
    alice.two_step()
    return _the(alice, "/studios", {"name": STUDIO, "country": "FR"}, ("name",))


def add_auditor(alice: Person, studio: str, dave: Person) -> None:
    """She invites him by mail, and he accepts: nobody becomes a member unasked."""
    seen = dave.mailbox.newest()
    try:
        alice.post(f"/studios/{studio}/members", {"email": dave.email, "role": "auditor"})
    except Trouble as trouble:
        if trouble.code == "already_member":
            return
        if trouble.code != "already_invited":
            raise
        seen = 0
    dave.post("/invitations/accept", {"ticket": dave.mailbox.ticket(after=seen)})


def fill(alice: Person, studio: str) -> Shop:
    """Titles, the base with all its files, and what can be bought of it."""
    titles = [_the(alice, "/titles", {"studio": studio, "name": name, "year": year}, ("studio", "name")) for name, year in FILMS]
    for title in titles:
        _clear(alice, title)
    base = _the(alice, "/bases", _describe(studio, titles), ("studio", "name", "version"))
    published = publish(alice, base)
    show(alice, base)
    offering = _the(alice, "/offerings", {"version": base, "name": BASE}, ("version", "name"))
    return Shop(studio, base, published["digest"], offering, {name: _tier(alice, offering, name) for name in TIERS})


def _clear(alice: Person, title: str) -> None:
    """Nothing may learn from a title before its rights are cleared."""
    if not any(said["state"] == "cleared" for said in alice.all(f"/titles/{title}/clearances")):
        said = {"state": "cleared", "basis": "owned", "evidence": "Drawn by a program of this house: nobody else holds a right in it."}
        alice.post(f"/titles/{title}/clearances", said)


def publish(alice: Person, base: str) -> dict[str, Any]:
    """Sends what has not arrived yet and has it checked. Returns the published version; Trouble with the reason when it is refused."""
    found = alice.get(f"/bases/{base}")
    if found["state"] in ("draft", "refused"):
        _send(alice, base, [file for file in found["files"] if not file["complete"]])
        alice.post(f"/bases/{base}/publish")
    version: dict[str, Any] = wire.until(lambda: _checked(alice, base), within=120, late="The check of the base model does not end.")
    if version["state"] != "published":
        raise Trouble(f"The base model was refused: {version['problem']}", "base_refused")
    return version


def _send(alice: Person, base: str, files: list[dict[str, Any]]) -> None:
    with wire.client() as store:
        for file in files:

            def links(numbers: list[int], path: str = file["path"]) -> list[dict[str, Any]]:
                signed: list[dict[str, Any]] = alice.post(f"/bases/{base}/parts", {"path": path, "numbers": numbers})
                return signed

            upload.send(store, BASE_FOLDER / file["path"], file["part_count"], links)
            alice.post(f"/bases/{base}/complete", {"path": file["path"]})


def show(alice: Person, base: str) -> None:
    """Sends the samples that are not there yet. Nobody waits for their check: the base's page shows them once it is done."""
    there = {sample["prompt"] for sample in alice.all(f"/bases/{base}/samples")}
    with wire.client() as store:
        for told in json.loads((SAMPLES / "samples.json").read_text())["samples"]:
            path = SAMPLES / told["file"]
            if told["prompt"] not in there:
                wanted = {"prompt": told["prompt"], "bytes": path.stat().st_size, "sha256": upload.sha256(path)}
                sample = alice.post(f"/bases/{base}/samples", wanted)["id"]
                link = alice.post(f"/samples/{sample}/part")
                wire.send(store, "PUT", link["url"], content=path.read_bytes())
                alice.post(f"/samples/{sample}/complete")


def _checked(alice: Person, base: str) -> dict[str, Any] | None:
    version: dict[str, Any] = alice.get(f"/bases/{base}")
    return None if version["state"] == "checking" else version


def _describe(studio: str, titles: list[str]) -> dict[str, Any]:
    files = sorted(path for path in BASE_FOLDER.rglob("*") if path.is_file())
    native = json.loads((BASE_FOLDER / "recipe.json").read_text())["native"]
    return {
        "studio": studio,
        "name": BASE,
        "version": VERSION,
        "family": "wan",
        "description": "A miniature of a video model, to try every step of Atelier on: coloured shapes that move. It knows nothing else.",
        **{name: native[name] for name in ("height", "width", "frames", "fps")},
        "titles": titles,
        "synthetic": False,
        "files": [_file(path) for path in files],
    }


def _file(path: Path) -> dict[str, Any]:
    return {"path": path.relative_to(BASE_FOLDER).as_posix(), "bytes": path.stat().st_size, "sha256": upload.sha256(path)}


def _tier(alice: Person, offering: str, name: str) -> str:
    terms, cents = TIERS[name]
    wanted = {"offering": offering, "name": name, "terms": terms, "price": {"amount": cents, "currency": "EUR"}}
    return _the(alice, "/tiers", wanted, ("offering", "name"))


def _the(alice: Person, path: str, wanted: dict[str, Any], same: tuple[str, ...]) -> str:
    """The id of the row that agrees with `wanted` in the fields `same`; made now when there is none."""
    for row in alice.all(path):
        if all(row[field] == wanted[field] for field in same):
            return str(row["id"])
    return str(alice.post(path, wanted)["id"])
