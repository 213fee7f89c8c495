"""The people and things that the windows look at: made through the site's own doors, on a whole stack."""

import re
from pathlib import Path
from typing import Any

from atelier.demo import clips, creator, studio
from atelier.demo.journey import PASSWORD, SCOPES, cast
from atelier.demo.people import Mailbox, Person
from atelier.demo.surroundings import Surroundings
from atelier.demo.tiers import MIDDLE
from atelier.devstack.stack import Stack
from finetune.data.draw import draw

from .visitor import Visitor, linked

STEPS = 8
AGREED = {"uses": "A face in the teaser, nowhere else.", "representation": "union", "evidence": "In the binder."}
SMALL, LARGE = "Esquisse", "Plateau"
LONG_NAME = ("مجموعة لقطات الفيلم الطويل عن ليل الشمال والمنارة والثلج " * 4)[:200]
PREVIEWS = [("neonstyle a red circle rising on a dark background", 1), ("a red circle rising on a dark background", 1)]

# The ten main pages: who looks, and where. `make bench` measures them and docs/pictures.py shows them.
MAIN = {
    "landing": ("", "/"),
    "catalogue": ("", "/catalogue"),
    "base model": ("", "/catalogue/{offering}"),
    "tier": ("", "/tiers/{tier}"),
    "summary": ("carol", "/tiers/{tier}/buy"),
    "licence": ("bob", "/licences/{licence}"),
    "dataset": ("bob", "/datasets/{open}"),
    "run": ("bob", "/trainings/{training}"),
    "model": ("bob", "/models/{model}"),
    "studio usage": ("alice", "/studio/{studio}/usage"),
}


class Town:
    """`ids`: public ids under the names that addresses use for them."""

    def __init__(self, stack: Stack, drawn: Path, *, steps: int = STEPS, name: str = LONG_NAME) -> None:
        self.stack, self.web = stack, stack.url("web")
        around = Surroundings.from_environment(stack.env)
        self.mail, self.people = around.mail, cast(around)
        self.clips = draw(drawn, count=4, style="neon", seed=3, size=64)
        self.wish, self.name = creator.Wish(steps, "neonstyle", PREVIEWS), name
        self.ids: dict[str, str] = {"page": "imprint"}
        self._visitors: dict[str, Visitor] = {}
        for who, person in self.people.items():
            person.sign_up((*SCOPES[who], "train") if who == "alice" else SCOPES[who])
            self.entered(who)  # before a second step is asked of anybody
        self._shop()
        self._bob()
        self._drafts()
        self._seat()
        self._studio()
        self._notice()

    def _shop(self) -> None:
        alice = self.people["alice"]
        house = studio.open_studio(alice)
        studio.add_auditor(alice, house, self.people["dave"])
        self.people["dave"].two_step()
        shop = studio.fill(alice, house)
        self.ids |= {"studio": shop.studio, "offering": shop.offering, "tier": shop.tiers[MIDDLE], "version": shop.base, "base": shop.base}
        self.ids["title"] = str(next(alice.all("/titles"))["id"])
        self.ids["performer"] = alice.post("/performers", {"studio": shop.studio, "name": "Ada Example", **AGREED})["id"]
        alice.post(f"/titles/{self.ids['title']}/performers", {"performer": self.ids["performer"], "role": "Nora"})
        self._rushes(alice, shop.studio)

    def _rushes(self, alice: Person, house: str) -> None:
        """Two clips gathered for the studio: one is of a title, of the other nobody has said."""
        made = self.ids["rushes"] = str(alice.post("/datasets", {"name": "Rushes", "studio": house})["id"])
        brought = creator.bring(alice, made, clips.find(self.clips[0].parent).clips[:2])
        alice.post(f"/datasets/{made}/titles", {"title": self.ids["title"], "files": [brought.ready[0]["id"]]})

    def _bob(self) -> None:
        bob, ids = self.people["bob"], self.ids
        tier = creator.choose(bob, MIDDLE)
        ids["unpaid"] = creator.order(bob, tier)["id"]
        ordered = creator.order(bob, tier)
        ids["order"] = ordered["id"]
        creator.pay(ordered["checkout_url"])
        ids["licence"] = creator.licence(bob, ordered["id"])
        ids["unused"] = creator.order(bob, creator.choose(bob, SMALL))["id"]
        creator.pay(bob.get(f"/orders/{ids['unused']}")["checkout_url"])
        creator.licence(bob, ids["unused"])
        ids["open"] = self.dataset(bob, self.name, seal=False)
        self._people(bob, ids["open"])
        ids["dataset"] = self.dataset(bob, "Néon")
        ids["asset"] = str(next(bob.all(f"/datasets/{ids['dataset']}/assets"))["id"])
        ids["project"] = bob.post("/projects", {"name": "Un court métrage", **creator.USE})["id"]
        offered = creator.quote(bob, ids["licence"], ids["dataset"], ids["project"], self.wish)
        ids["quote"], ids["training"] = offered["id"], bob.post("/trainings", {"quote": offered["id"]})["id"]
        done = creator.watch(bob, ids["training"])
        ids["model"] = done["model"]

    def _people(self, bob: Person, dataset: str) -> None:
        """Two clips are asked about: one is open, for the other somebody has agreed."""
        asked = [bob.post(f"/assets/{asset['id']}/question")["id"] for asset in list(bob.all(f"/datasets/{dataset}/assets"))[:2]]
        self.ids["consent"] = bob.post(f"/datasets/{dataset}/consents", {"performer": "Ben Example", **AGREED})["id"]
        answer = {"answer": "consented", "questions": asked[:1], "consents": [self.ids["consent"]]}
        bob.post(f"/datasets/{dataset}/questions/answers", answer)

    def _drafts(self) -> None:
        """One whose clips are still open, one with a quote, and a copy of the model."""
        bob, ids = self.entered("bob"), self.ids
        ids["begun"] = number_in(bob.post("/trainings/new", licence=ids["licence"], dataset=ids["open"]).url.path, "dft")
        settled = bob.post("/trainings/new", **{"from": ids["training"]}).url.path
        ids["settled"] = number_in(settled, "dft")
        bob.post(f"/trainings/new/{ids['settled']}/launch", do="renew", version=1)
        compared = bob.post(f"/trainings/new/{ids['settled']}/sweep", setting="seed", value_0=1, value_1=2).url.path
        ids["sweep"] = number_in(compared, "swp")
        weights = next(file["path"] for file in self.people["bob"].get(f"/models/{ids['model']}")["files"] if file["kind"] == "weights")
        ids["handover"] = self.people["bob"].post(f"/models/{ids['model']}/handovers", {"file": weights})["id"]

    def _seat(self) -> None:
        """A licence of several seats, one of them on offer."""
        bob, letters = self.people["bob"], self.mailbox("sharer@example.org")
        ordered, seen = creator.order(bob, creator.choose(bob, LARGE)), letters.newest()
        creator.pay(ordered["checkout_url"])
        self.ids["shared"] = creator.licence(bob, ordered["id"])
        bob.post(f"/licences/{self.ids['shared']}/seats", {"email": letters.email})
        self.ids["seat"] = linked(letters, r"/seats/(\S+)", seen)

    def _studio(self) -> None:
        alice, house = self.entered("alice"), f"/studio/{self.ids['studio']}"
        letters = self.mailbox("guest@example.org")
        seen = letters.newest()
        alice.post(f"{house}/members", email=letters.email, role="admin")
        self.ids["ticket"] = linked(letters, r"/studio/invitations/(\S+)", seen)
        self.ids["member"] = re.findall(rf'href="{house}/members/([^"/]+)"', alice.read(f"{house}/members"))[-1]

    def _notice(self) -> None:
        """By a claimant, who keeps her session until the receipt's link is known."""
        claimant, letters = self.entered("claimant"), self.mailbox("claimant@example.org")
        seen, name = letters.newest(), "Claire Plaignante"
        said = {"work": "La Nuit claire", "where": self.ids["offering"], "account": "C’est mon film.", "name": name, "signature": name}
        claimant.post("/notice", matter="work", capacity="self", email=letters.email, good_faith="on", **said)
        self.ids["case"] = linked(letters, r"/notice/(\S+/\S+)", seen)

    def dataset(self, person: Person, name: str, *, seal: bool = True) -> str:
        """A dataset of `person` with the drawn clips and their captions."""
        made = str(person.post("/datasets", {"name": name})["id"])
        material = creator.bring(person, made, clips.find(self.clips[0].parent).clips)
        assert not material.refused
        if seal:
            creator.attest(person, made)
            creator.seal(person, made)
        return made

    def close(self) -> None:
        for session in (*self.people.values(), *self._visitors.values()):
            session.http.close()

    def mailbox(self, email: str) -> Mailbox:
        return Mailbox(self.mail, email)

    def entered(self, who: str) -> Visitor:
        """One of the people signed in, or somebody without an account; always in the same session."""
        if who not in self._visitors:
            self._visitors[who] = Visitor(self.web)
            if who in self.people:
                self._visitors[who].sign_in(self.people[who].email, PASSWORD)
        return self._visitors[who]

    def state(self, who: str) -> Any:
        """For a browser: the session of `who`, or none."""
        return self.entered(who).state if who else None


def number_in(path: str, prefix: str) -> str:
    found = re.search(rf"/({prefix}_\w+)", path)
    assert found, path
    return found.group(1)
