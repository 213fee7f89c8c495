"""The API under odd requests: every operation of its own document asked in thousands of ways by people who may and who may not.

Cases are generated from the document that the server gives (schemathesis): such as fit it and such as do not, and those at its edges.
Where a row is named, ids of rows that are there stand in most of them, the caller's own and others'.
"""

import time
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import httpx

from atelier.demo import clips, creator
from atelier.demo.people import API, Person
from atelier.demo.trouble import Trouble
from atelier.demo.wire import until
from finetune.data.draw import draw

from .asked import Asking, Caller
from .ground import Ground
from .told import Outcome

SCOPES = ("read", "studio", "buy", "train")
STEPS = 6
ROUNDS, QUICK_ROUNDS, EDGES = 11, 1, 24
LEAST = 5000
# Limits of some operations count per person, studio or hook: of that few cases may be swallowed.
MOST_TOO_MANY = 0.02
PATIENCE = 180.0
# What takes away, ends or judges comes last, so that the rest finds what it needs.
ENDS = ("cancel", "close", "complete", "finish", "lift", "publish", "refund", "restore", "revoke", "seal", "suspend", "withdraw")
LAST = ("takedowns", "withdrawals")
OVER = ("done", "cancelled", "rejected", "withdrawn", "failed_user", "failed_system")


def play(ground: Ground, *, quick: bool) -> Outcome:
    web, began = ground.stack.env["PUBLIC_URL"], time.monotonic()
    callers = _callers(ground)
    document = httpx.get(f"{web}{API}/schema", params={"format": "json"}, trust_env=False, timeout=60).raise_for_status().json()
    asking = Asking(web, document, callers)
    for told in _furnished(ground):
        asking.seen.learn(told)
    for name in _in_order(asking):
        asking.ask(name, QUICK_ROUNDS if quick else ROUNDS)
        if not quick:
            asking.ask_at_edges(name, EDGES)
    if not quick:
        _read_again(asking)
    found = [*asking.tally.problems(), *_short(asking, quick=quick), *_afterwards(ground, web)]
    return Outcome(_figure(asking, time.monotonic() - began), found)


# ---- people and rows


def _callers(ground: Ground) -> list[Caller]:
    """The studio's owner and an admin, a creator and a stranger, each with a token of every scope; one that may only read; and nobody."""
    alice, bob, carol, dave = (ground.people[name] for name in ("alice", "bob", "carol", "dave"))
    for person in (carol, dave):
        person.sign_up(SCOPES)
    studio, seen = alice.get("/studios")["results"][0]["id"], dave.mailbox.newest()
    alice.post(f"/studios/{studio}/members", {"email": dave.email, "role": "admin"})
    dave.post("/invitations/accept", {"ticket": dave.mailbox.ticket(after=seen)})
    dave.two_step()
    many = [
        Caller(person.name, often, lambda person=person: person.token(SCOPES))
        for person, often in ((alice, 8), (dave, 4), (bob, 9), (carol, 2))
    ]
    return [*many, Caller("bob, who may only read", 1, lambda: bob.token(["read"])), Caller("nobody", 1)]


def _furnished(ground: Ground) -> list[Any]:
    """Rows of the kinds that the ground has none of; what the server says of them."""
    alice, bob, carol = (ground.people[name] for name in ("alice", "bob", "carol"))
    training = ground.start(STEPS)
    studio, title = (alice.get(path)["results"][0]["id"] for path in ("/studios", "/titles"))
    scope = {"uses": "Her face in this film.", "representation": "union", "evidence": "in the binder"}
    dataset = bob.post("/datasets", {"name": "Day"})
    clip = {"name": "clip.mp4", "bytes": 6, "sha256": "0" * 64, "caption": "a bar moves"}
    adapter = {"version": ground.base, "name": "Look", "titles": [title], "bytes": 6, "sha256": "0" * 64}
    told = [
        *(creator.quote(bob, ground.licence, ground.dataset, ground.project, creator.Wish(STEPS, "neonstyle", [])) for _ in range(4)),
        alice.post("/performers", {"studio": studio, "name": "Ada", **scope}),
        alice.post("/adapters", adapter | {"synthetic": False}),
        bob.post(f"/datasets/{dataset['id']}/assets", clip),
        bob.post(f"/datasets/{dataset['id']}/consents", {"performer": "Ada", **scope}),
        bob.post("/hooks", {"url": "https://8.8.8.8/hook"}),
        *_tickets(ground, studio, carol),
    ]
    told.append(bob.post(f"/assets/{_checked(bob, dataset['id'])}/question"))
    return [*told, dataset, *_trained(ground, training)]


def _checked(bob: Person, dataset: str) -> str:
    """A clip in a dataset that is not sealed yet."""
    folder = Path(mkdtemp(prefix="drill-clips-"))
    draw(folder, count=1, style="neon", seed=4, size=64)
    return str(creator.bring(bob, dataset, clips.find(folder).clips).ready[0]["id"])


def _tickets(ground: Ground, studio: str, carol: Person) -> list[Any]:
    """Of an invitation and of an offered seat that wait for her."""
    alice, bob, told = ground.people["alice"], ground.people["bob"], []
    seen = carol.mailbox.newest()
    for person, path, wanted in (
        (alice, f"/studios/{studio}/members", {"role": "auditor"}),
        (bob, f"/licences/{ground.licence}/seats", {}),
    ):
        told.append(person.post(path, {"email": carol.email, **wanted}))
        told.append({"ticket": carol.mailbox.ticket(after=seen)})
        seen = carol.mailbox.newest()
    return told


def _trained(ground: Ground, training: str) -> list[Any]:
    """A model, once the training is over, and a copy of its weights."""
    until(lambda: ground.states().keys() <= set(OVER) or None, within=PATIENCE, late="the training is not over")
    model = ground.bob.get(f"/models/{ground.bob.get(f'/trainings/{training}')['model']}")
    files = [file["path"] for file in model["files"] if file["kind"] == "weights"]
    return [model, ground.bob.post(f"/models/{model['id']}/handovers", {"file": files[0]})]


# ---- the order


def _in_order(asking: Asking) -> list[str]:
    return sorted(asking.operations, key=lambda name: (_rank(asking.operations[name]), name))


def _rank(operation: Any) -> int:
    word = operation.path.rpartition("/")[2]
    if operation.method.upper() == "GET":
        return 1 if "{" in operation.path else 0
    if word in LAST:
        return 5
    return 4 if operation.method.upper() == "DELETE" else 3 if word in ENDS else 2


def _read_again(asking: Asking) -> None:
    """What the others have left behind."""
    for name in _in_order(asking):
        if _rank(asking.operations[name]) < 2:
            asking.ask(name, ROUNDS // 4, "again")


# ---- what must hold


def _short(asking: Asking, *, quick: bool) -> list[str]:
    """Where the drill itself was too small to tell."""
    cases, statuses = sum(asking.tally.cases.values()), asking.tally.statuses()
    found = [f"{name} was never asked" for name in asking.operations if not asking.tally.cases[name]]
    if not quick and cases < LEAST:
        found.append(f"{cases} cases are fewer than {LEAST}")
    if statuses[429] > cases * MOST_TOO_MANY:
        found.append(f"{statuses[429]} of {cases} cases were too many for a limit")
    return found


def _afterwards(ground: Ground, web: str) -> list[str]:
    """The server answers, and the books are right."""
    ready = httpx.get(f"{web}/ready", trust_env=False, timeout=60)
    found = [] if ready.is_success else [f"/ready answers {ready.status_code} {ready.text}"]
    for name in ("alice", "bob", "carol", "dave"):
        _end_trainings(ground.people[name])
    until(lambda: ground.states().keys() <= set(OVER) or None, within=PATIENCE, late="the trainings are not over")
    ground.django()
    from atelier.ledger.models import Kind, Unit
    from atelier.ledger.queries import balance
    from atelier.trainings.models import Training

    from .accounts import books

    held = {row.public_id: balance(Kind.HELD, Unit.SECONDS, row.pk) for row in Training.objects.all()}
    return [*found, *books(), *(f"{training}: {seconds} s are still on hold" for training, seconds in held.items() if seconds)]


def _end_trainings(person: Person) -> None:
    person.http.headers["Authorization"] = f"Bearer {person.token(SCOPES)}"
    for training in person.all("/trainings"):
        if training["state"] not in OVER:
            with suppress(Trouble):  # it may end by itself just now
                person.post(f"/trainings/{training['id']}/cancel")


def _figure(asking: Asking, seconds: float) -> str:
    tally = asking.tally
    per, statuses = sorted(tally.cases.values()), tally.statuses()
    failed = sum(count for status, count in statuses.items() if status >= 500)
    told = ", ".join(f"{status} {count}" for status, count in sorted(statuses.items()))
    modes = ", ".join(f"{count} {mode}" for mode, count in sorted(tally.modes.items()))
    return (
        f"{sum(per)} cases ({modes}) on {len(per)} operations, {per[0]} to {per[-1]} each, in {seconds:.0f} s: {failed} answers 5xx; "
        f"{len(tally.reached())} operations did what they were asked at least once ({told})"
    )
