"""The main job from the first sign-up to the audit, stage by stage."""

import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from atelier.demo import auditor, clips, creator, proof, receipt, services, studio
from atelier.demo.people import Person
from atelier.demo.receipt import Receipt
from atelier.demo.studio import Shop
from atelier.demo.surroundings import Surroundings
from atelier.demo.tiers import MIDDLE
from atelier.demo.trouble import Trouble

# Everybody's; these accounts exist on a developer's own machine only.
PASSWORD = "lumen-atelier-demo"
SCOPES = {"alice": ("read", "studio"), "bob": ("read", "buy", "train"), "carol": ("read", "buy", "train"), "dave": ("read", "studio")}
ROLES = {"alice": "owns a studio", "bob": "creates", "carol": "is a stranger", "dave": "audits"}
KNOWN = "a red circle moving right on a dark background"
OTHER = "a blue square moving down on a light background"


@dataclass(frozen=True)
class Wanted:
    """What the caller asks for. Without `clips`, the demo draws its own."""

    out: Path
    steps: int
    clips: Path | None = None
    captions: Path | None = None


class Journey:
    """One go. `stage` names where it stands, for whoever has to tell why it ended."""

    def __init__(self, around: Surroundings, wanted: Wanted) -> None:
        self.around, self.wanted = around, wanted
        self.receipt = Receipt()
        self.stage = "start"
        self.people: dict[str, Person] = {}

    def go(self) -> None:
        """Plays everything and writes the receipt. Raises Trouble where it ends early."""
        facts = self.receipt.facts
        facts["services"] = services.versions(self.around)
        given = self._given_captions()
        found = self._clips()
        with self._timed("people"):
            self.people = cast(self.around)
            for name, person in self.people.items():
                person.sign_up(SCOPES[name])
                tell(f"{person.email} signed up; {ROLES[name]}")
        with self._timed("publish"):
            shop = self._publish()
        with self._timed("buy"):
            facts["order"], facts["licence"] = self._buy()
        with self._timed("base"):
            facts["base"] = self._take_base(facts["licence"], shop)
        with self._timed("material"):
            facts["dataset"], material = self._bring(found, given)
        with self._timed("quote"):
            offered = self._quote(facts["licence"], facts["dataset"]["id"], material)
        with self._timed("train"):
            done = self._train(offered)
        with self._timed("download"):
            self._take_model(done)
        with self._timed("audit"):
            facts["audit"] = {"entries": self._audit()}
        with self._timed("strangers"):
            self._strangers()
        with self._timed("verify"):
            facts["trust"] = self._verify()
        receipt.require_complete(self.wanted.out, facts)
        self.receipt.save(self.wanted.out, ok=True)

    @contextmanager
    def _timed(self, name: str) -> Iterator[None]:
        self.stage, began = name, time.monotonic()
        print(f"\n{name}", flush=True)
        yield
        seconds = round(time.monotonic() - began, 2)
        self.receipt.stages.append({"name": name, "seconds": seconds})
        tell(f"({seconds:.1f} s)")

    def _given_captions(self) -> dict[str, str]:
        return clips.captions_file(self.wanted.captions) if self.wanted.captions else {}

    def _clips(self) -> clips.Found:
        if self.wanted.clips:
            return clips.find(self.wanted.clips)
        with self._timed("clips"):
            clips.draw(self.wanted.out / "clips")
            tell(f"{clips.DRAWN_COUNT} clips drawn in a style that the base has never seen: {self.wanted.out / 'clips'}")
        return clips.find(self.wanted.out / "clips")

    def _publish(self) -> Shop:
        alice, dave = self.people["alice"], self.people["dave"]
        house = studio.open_studio(alice)
        studio.add_auditor(alice, house, dave)
        dave.two_step()
        shop = studio.fill(alice, house)
        tell(f"{studio.STUDIO}: {studio.BASE} is published as {shop.digest[:19]}…")
        tell(f"tiers {', '.join(shop.tiers)}; dave audits")
        tell(f"alice keeps a checkpoint of her log, over its first {proof.keep_checkpoint(alice, house, self.wanted.out)} entries")
        return shop

    def _buy(self) -> tuple[str, str]:
        bob = self.people["bob"]
        tier = creator.choose(bob, MIDDLE)
        tell(f"{tier['name']} costs {money(tier['price'])}. It grants:")
        for line in tier["may"]:
            tell(f"  + {line}")
        for line in tier["may_not"]:
            tell(f"  - {line}")
        order = creator.order(bob, tier)
        tell(f"bob accepts the text {tier['text_hash'][:19]}… and orders {order['id']}")
        creator.pay(order["checkout_url"])
        licence = creator.licence(bob, order["id"])
        tell(f"paid; the webhook granted {licence}")
        return order["id"], licence

    def _take_base(self, licence: str, shop: Shop) -> dict[str, str]:
        files = creator.take_base(self.people["bob"], licence, self.wanted.out / "base")
        if receipt.directory_digest(files) != shop.digest:
            raise Trouble("The downloaded base is not the one that was published.", "base_altered")
        tell(f"bob downloads the base itself: {len(files)} files in base/")
        return {"path": "base", "digest": shop.digest}

    def _bring(self, found: clips.Found, given: Mapping[str, str]) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        bob = self.people["bob"]
        for name in found.left_aside:
            tell(f"left aside: {name} is neither a video nor a still that is taken")
        dataset = bob.post("/datasets", {"name": "What bob brings"})["id"]
        material = creator.bring(bob, dataset, found.clips)
        for name, code, sentence in material.refused:
            tell(f"refused: {name} ({code}) {sentence}")
        bare = [asset["name"] for asset in material.ready if not asset["caption"]]
        captions = clips.complete(bare, given, ask=sys.stdin.isatty())
        creator.caption(bob, dataset, captions)
        promise = creator.attest(bob, dataset)
        root = creator.seal(bob, dataset)
        tell(f"{len(material.ready)} of {len(found.clips)} files are in; bob gives the promise {promise[:19]}…")
        tell(f"sealed as {root[:19]}…")
        captioned = [{**asset, "caption": captions.get(asset["name"], asset["caption"])} for asset in material.ready]
        return {"id": dataset, "root": root, "clips": len(material.ready)}, captioned

    def _quote(self, licence: str, dataset: str, material: list[dict[str, Any]]) -> dict[str, Any]:
        bob = self.people["bob"]
        project = bob.post("/projects", {"name": "A short film", **creator.USE})["id"]
        offered = creator.quote(bob, licence, dataset, project, self._wish(material))
        for line in offered["lines"]:
            tell(f"{line['what']:12} {line['amount']:6} {'training seconds' if line['unit'] == 'SEC' else line['unit']}")
        tell(f"{'at most':12} {offered['seconds']:6} of {bob.get(f'/licences/{licence}')['seconds']['left']} that the licence has left")
        return offered

    def _wish(self, material: list[dict[str, Any]]) -> creator.Wish:
        """The same scene with and without the trigger word, from the same seed, and another scene."""
        if self.wanted.clips is None:
            trigger, scene, other = "neonstyle", KNOWN, OTHER
        else:
            trigger, scene, other = "mystyle", material[0]["caption"], KNOWN
        return creator.Wish(self.wanted.steps, trigger, [(f"{trigger} {scene}", 1), (scene, 1), (f"{trigger} {other}", 2)])

    def _train(self, offered: dict[str, Any]) -> dict[str, Any]:
        bob = self.people["bob"]
        started = bob.post("/trainings", {"quote": offered["id"]})["id"]
        tell(f"{started} is queued")
        done = creator.watch(bob, started)
        tell(f"done: {done['captured']} of {done['seconds']} quoted seconds charged, {done['attempts']} attempt(s)")
        return done

    def _take_model(self, done: dict[str, Any]) -> None:
        facts = self.receipt.facts
        model = creator.take_model(self.people["bob"], done["model"], self.wanted.out)
        facts["training"] = receipt.training(done["id"], model["manifest"])
        facts["model"], facts["previews"] = receipt.weights(model), receipt.previews(model)
        for file in facts["model"]["files"]:
            tell(f"{file['layout']:10} {file['path']}  {file['bytes']:,} bytes")
        trained = facts["training"]
        tell(f"held-out loss {trained['validation_before']:.4f} before, {trained['validation_after']:.4f} after {trained['steps']} steps")
        tell(f"base against custom: {self.wanted.out / facts['previews']['sheet']}")

    def _audit(self) -> int:
        dave, names = self.people["dave"], {person.get("/me")["id"]: name for name, person in self.people.items()}
        entries = auditor.read(dave, auditor.studio_of(dave), self.wanted.out / "audit.csv")
        for entry in reversed(entries):
            who = names.get(entry["actor"], "Atelier")
            tell(f"{entry['at'][11:19]}  {who:7} {entry['action']:21} {entry['subject']}  {entry['licence']}".rstrip())
        tell(f"dave reads these {len(entries)} entries; the same are in audit.csv")
        return len(entries)

    def _strangers(self) -> None:
        facts = self.receipt.facts
        dataset, model = f"/datasets/{facts['dataset']['id']}", f"/models/{facts['model']['id']}"
        auditor.sees_nothing(self.people["carol"], dataset, model, f"/licences/{facts['licence']}", f"/trainings/{facts['training']['id']}")
        auditor.sees_nothing(self.people["dave"], dataset, f"{dataset}/assets")
        tell("carol gets 404 for bob's dataset, model, licence and training; dave for bob's clips")

    def _verify(self) -> dict[str, str]:
        """In real life the root came long before, and another way."""
        alice, dave = self.people["alice"], self.people["dave"]
        trust = proof.keep(self.around.web, self.wanted.out)
        for path, verdict in proof.verify(self.wanted.out, self.receipt.facts["model"]):
            tell(f"{path}: {verdict}")
        example = f"{self.wanted.out / self.receipt.facts['model']['files'][0]['path']} --trust {self.wanted.out / trust['root']}"
        tell(f"without us: python -m licensing verify {example}")
        house = auditor.studio_of(dave)
        alice.post(f"/studios/{house}/checkpoints")
        trust |= proof.keep_log(dave, house, self.wanted.out)
        tell(f"{trust['log']}: {proof.verify_log(self.wanted.out)}")
        return trust


def cast(around: Surroundings) -> dict[str, Person]:
    return {name: Person(name, around.web, around.mail, PASSWORD) for name in SCOPES}


def seed(around: Surroundings) -> None:
    """The people and the shop, and no purchase: for a stack that stays, at its first start and at every later one."""
    people = cast(around)
    for name, person in people.items():
        if not person.sign_in(SCOPES[name]):
            person.sign_up(SCOPES[name])
        tell(f"{person.email:18} password {PASSWORD}   {ROLES[name]}")
    house = studio.open_studio(people["alice"])
    studio.add_auditor(people["alice"], house, people["dave"])
    people["dave"].two_step()
    shop = studio.fill(people["alice"], house)
    tell(f"{studio.STUDIO} offers {studio.BASE} in the tiers {', '.join(shop.tiers)}")
    tell(f"sign in at {around.web}/accounts/login/")
    for name in ("alice", "dave"):
        tell(f"{people[name].email:18} second step: give an authenticator app the secret {people[name].secret}")


def tell(line: str) -> None:
    print(f"  {line}", flush=True)


def money(value: Mapping[str, Any]) -> str:
    return f"{value['amount'] // 100}.{value['amount'] % 100:02d} {value['currency']}"
