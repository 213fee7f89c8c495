"""One row of everything that the API reaches, owned by one cast, and the request that each operation is tried with."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.core.cache import cache as counted
from django.db import transaction
from rest_framework.test import APIClient

from atelier.accounts.actions import SCOPES, issue_token, open_studio
from atelier.accounts.models import User
from atelier.api.models import Hook
from atelier.audit import checkpoints
from atelier.audit.models import Entry
from atelier.catalog import adapters, rights, samples
from atelier.catalog.models import BaseFile, BaseVersion, Sample, TierRevision, Title
from atelier.checkout.models import Order
from atelier.kit import store
from atelier.kit.tickets import ticket
from atelier.library import leaks
from atelier.library.actions import hand_over
from atelier.library.models import Artifact, CustomModel, Handover, Preview
from atelier.licences import sharing
from atelier.licences.actions import suspend
from atelier.licences.queries import database_now
from atelier.material import actions as material
from atelier.material import attestation, consents
from atelier.studio.actions import invite
from atelier.takedown import actions as takedown
from atelier.takedown import links, takedowns
from atelier.takedown.models import Case
from atelier.trainings import actions as trainings
from atelier.trainings import sweeps
from atelier.trainings.models import Draft, Quote
from finetune.families import layout
from tests.library.worn import worn
from tests.material.conftest import add, ready, send
from tests.studio.test_adapters import rushes as gathered
from tests.studio.test_adapters import trained
from tests.world import World, client_of, join, two_step

from .described import operations
from .requests import SCOPE, right_body
from .rows import BASE, CLIP, FILE, SHA, USE, WEIGHTS, asked, finished, sealed, unpublished

PAPER = ("signed.pdf", b"%PDF-1.4")
# Pages of orders that only a paid one has.
PAID_PAGES = (("POST", "pay"), ("GET", "give-back"), ("POST", "give-back"), ("GET", "invoice"))


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


class Stage:
    """The rows, and the clients of everybody who tries. `ids` holds public ids under the names that paths and bodies use."""

    def __init__(self) -> None:
        self.world, self.other = World(), World()
        self.cast = self._cast()
        self.clients = {name: client_of(person) for name, person in self.cast.items()} | {"anonymous": APIClient()}
        self.ids: dict[str, str] = {"page": "imprint"}
        self.revision = self._catalogue()
        self._licences_and_orders()
        self._material()
        self._work()
        self._house()
        self._seats()
        self._members()
        self._notice()
        self._takedowns()
        self._log()

    def _cast(self) -> dict[str, User]:
        world, other = self.world, self.other
        admin, foreign = two_step(world.person("admin")), two_step(other.person("eve"))
        join(world.studio, admin, "admin")
        join(other.studio, foreign, "admin")
        staff = two_step(world.person("staff", is_staff=True))
        self.newcomer = world.person("newcomer")
        cast = {"creator": world.bob, "stranger": world.carol, "owner": world.alice, "admin": admin, "auditor": world.dave}
        return cast | {"foreign": foreign, "staff": staff}

    def token(self, person: User, *scopes: str) -> APIClient:
        _, plain = issue_token(user=person, name="test", scopes=list(scopes), days=1)
        return APIClient(headers={"Authorization": f"Bearer {plain}"})

    def unscoped(self, person: User, needs: str) -> APIClient:
        """With every scope but this one."""
        return self.token(person, *[scope for scope in SCOPES if scope != needs])

    def _catalogue(self) -> TierRevision:
        world = self.world
        version = world.version
        self._base_file(version, "model.safetensors", WEIGHTS)
        version.facts = asdict(layout("wan").facts(BASE))
        version.save()
        tier = world.tier(may_download_base=True)
        draft = BaseVersion.objects.create(base=version.base, version="2", family="wan", height=32, width=32, frames=9, fps=8)
        whole = BaseVersion.objects.create(base=version.base, version="3", family="wan", height=32, width=32, frames=9, fps=8)
        for path, complete in (("here.json", True), ("awaited.safetensors", False)):
            BaseFile.objects.create(version=draft, path=path, key=f"test/{uuid4()}", bytes=2, sha256=SHA, complete=complete)
        self._base_file(whole, "model.safetensors", WEIGHTS)
        rows = {"studio": world.studio, "title": version.titles.get(), "offering": world.offering, "tier": tier, "revision": tier.current}
        bases = {"version": version, "unfinished": draft, "whole": whole, "base": whole}
        self._name(**rows, **bases, **self._samples(version), **self._register(version))
        return tier.current

    def _register(self, version: BaseVersion) -> dict[str, Any]:
        """What was said of a title, a performer in it, each with a paper, and a house adapter whose file is there but not said to be."""
        by, title = self.world.alice, version.titles.get()
        clearance = rights.clear(title=title, by=by, state="cleared", basis="owned", paper=PAPER)
        performer = rights.add_performer(studio=self.world.studio, by=by, name="Ada", paper=PAPER, **SCOPE)
        rights.cast(title=title, performer=performer, by=by)
        said = {"name": "Look", "titles": [title], "bytes": len(WEIGHTS), "sha256": SHA}
        adapter = adapters.open_adapter(version=version, by=by, **said)
        [link] = adapters.send_parts(adapter=adapter, by=by, numbers=[1])
        httpx.put(link.url, content=WEIGHTS).raise_for_status()
        return {"clearance": clearance, "performer": performer, "adapter": adapter}

    def _samples(self, version: BaseVersion) -> dict[str, Any]:
        """One that is shown, one whose file is awaited, and one whose file is there but not said to be."""
        by, said = self.world.alice, {"prompt": "a bar moves", "bytes": len(CLIP), "sha256": SHA}
        shown, awaited, sent = (samples.add(version=version, by=by, **said) for _ in range(3))
        httpx.put(samples.part(sample=sent, by=by).url, content=CLIP).raise_for_status()
        keys = {"clean_key": f"test/{uuid4()}", "thumb_key": f"test/{uuid4()}", "content_type": "video/mp4"}
        Sample.objects.filter(pk=shown.pk).update(state="ready", width=64, height=48, seconds=1, **keys)
        return {"sample": shown, "awaited_sample": awaited, "sent_sample": sent}

    def _notice(self) -> None:
        """A case that was decided, so that it can be appealed against, and three that are open: new, in review, and with a question."""
        cases = [self._case() for _ in range(4)]
        (decided, new, taken, asked), staff = cases, self.cast["staff"]
        takedown.decide(case=decided, by=staff, upheld=False, words="no")
        for case in (taken, asked):
            takedown.take_up(case=case, by=staff)
        takedown.ask(case=asked, by=staff, words="which?")
        for case in cases:
            case.refresh_from_db()
        self.cased = {"POST /desk/{case}/ask": taken, "POST /notice/{case}/{key}/answer": asked}
        self.cased |= dict.fromkeys(("POST /desk/{case}/take-up", "POST /desk/{case}/decide"), new)
        self.ids |= {"case": decided.number, "key": links.key(decided)}

    def _takedowns(self) -> None:
        """Of a title without anything on it, by the studio, and of another after a notice; and a clip's, by its owner."""
        world, staff = self.world, self.cast["staff"]
        own, noticed = (Title.objects.create(studio=world.studio, name=name) for name in ("Gone", "Disputed"))
        clip, other = (dataset.assets.order_by("pk")[0] for dataset in (sealed(world.bob), sealed(world.bob)))
        case = self._case()
        takedown.decide(case=case, by=staff, upheld=True, words="yes")
        taken = [
            takedowns.begin(item=takedowns.found(row.public_id, by, staff=by is staff), by=by, reason="x", case=about)[0]
            for row, by, about in ((own, world.alice, None), (noticed, staff, case), (clip, world.bob, None))
        ]
        self._name(takedown=taken[0], item=world.version.titles.get(), clip=other)
        hers = {"takedown": taken[2].public_id, "item": other.public_id}
        self.instead = {f"{way} /withdraw/{{item}}": hers for way in ("GET", "POST")}
        self.instead |= {"GET /withdrawals/{takedown}": hers, "POST /withdrawals/{takedown}/lift": hers}
        self.instead |= self.house | self.seats
        self.instead["POST /studio/{studio}/takedowns/{takedown}/appeal"] = {"takedown": taken[1].public_id}
        self.suspect = f"test/{uuid4()}/suspect"
        store.put_bytes(store.QUARANTINE, self.suspect, WEIGHTS)
        self._name(leak=leaks.ask(by=staff, name="suspect", key=self.suspect), policy=self.revision)

    def _case(self) -> Case:
        said = {"matter": "work", "work": "La Nuit claire", "where": "", "account": "x", "capacity": "self", "organisation": ""}
        signed = {"name": "Eve", "signature": "Eve", "email": "eve@example.org", "statement": "x"}
        return takedown.file(notice=takedown.Notice(**said, **signed), language="en")

    def _log(self) -> None:
        """Every entry has its place, and a checkpoint covers it."""
        entry = Entry.objects.filter(studio=self.world.studio.pk, action="licence.grant").first()
        assert entry is not None
        self.ids |= {"entry": str(entry.pk), "size": str(checkpoints.now(self.world.studio.pk).size)}

    def _base_file(self, version: BaseVersion, path: str, data: bytes) -> None:
        key = f"test/{uuid4()}/{path}"
        store.put_bytes(store.MODELS, key, data)
        sha = hashlib.sha256(data).hexdigest()
        BaseFile.objects.create(version=version, path=path, key=key, bytes=len(data), sha256=sha, complete=True)

    def _licences_and_orders(self) -> None:
        world = self.world
        licence, stopped, bought = (world.licence(may_download_base=True) for _ in range(3))
        suspend(licence=stopped, reason="test")
        bill = {"buyer": world.bob, "amount": 4900, "currency": "EUR", "accepted_text": f"sha256:{SHA}", "language": "en"}
        bill["pay_until"] = database_now() + timedelta(minutes=30)
        order = Order.objects.create(revision=licence.revision, session_key="x", session=uuid4().hex, **bill)
        paid = Order.objects.create(revision=bought.revision, session_key="y", state="paid", paid_at=database_now(), licence=bought, **bill)
        self.licence = licence
        self._name(licence=licence, stopped=stopped, order=order, paid=paid)

    def _material(self) -> None:
        incoming, dataset = (material.open_dataset(owner=self.world.bob, name=name) for name in ("Day", "Night"))
        asset = ready(dataset, CLIP, caption="a bar moves")
        material.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
        uploading = add(incoming, CLIP)
        send(uploading, CLIP)
        self.sealed = sealed(self.world.bob)
        consent = consents.record_consent(dataset=dataset, performer="Ada", paper=PAPER, **SCOPE)
        question = consents.ask(asset=asset)
        consents.answer_nobody(dataset=dataset, questions=[question])
        self._name(dataset=dataset, asset=asset, uploading=uploading, sealed=self.sealed, consent=consent, question=question)
        self.ids["which"] = "thumbnail"

    def _work(self) -> None:
        project = trainings.declare(owner=self.world.bob, name="Short", **USE)
        quotes = [asked(self.world.bob, self.licence, self.sealed, project) for _ in range(5)]
        training = trainings.start(quote=quotes[0], by=self.world.bob)
        training.checkpoints.create(fence=1, step=2, files=[])
        self._name(hook=Hook.objects.create(owner=self.world.bob, url="https://8.8.4.4/hook"))
        token, _ = issue_token(user=self.world.bob, name="test", scopes=["read"], days=1)
        model = finished(self.world.bob, self.licence)
        self._name(**self._seen(model, training.id))
        handover = hand_over(model=model, path=FILE, person=self.world.bob)
        assert isinstance(handover, Handover)
        self._name(project=project, quote=quotes[1], training=training, model=model, handover=handover, token=token)
        said = {"name": "Neon", "knobs": quotes[1].knobs, "use": {"project": "Short", **USE}}
        draft = Draft.objects.create(owner=self.world.bob, licence=self.licence, dataset=self.sealed, quote=quotes[1], **said)
        sweep = sweeps.gather(owner=self.world.bob, quotes=quotes[2:4], name="Ranks")
        self._name(draft=draft, sweep=sweep, spare=quotes[4])

    def _house(self) -> None:
        """What the studio's owner has: an open dataset for it, a model that she trained in house; and a creator's licence over a house
        adapter."""
        rushes = material.open_dataset(owner=self.world.alice, name="Rushes", studio=self.world.studio)
        self._name(rush=ready(rushes, CLIP, caption="a bar moves"))
        trained_in_house = trained(self.world, gathered(self.world))
        of_titles = ("datasets_titles", "GET /datasets/{dataset}/titles", "POST /datasets/{dataset}/titles")
        published = ("adapters_from_model", "POST /studio/{studio}/adapters/{model}/publish")
        handed = ("licences_adapter_download", "POST /licences/{licence}/adapter")
        licence, model = worn(self.world).public_id, trained_in_house.public_id
        self.house = {name: {"dataset": rushes.public_id} for name in of_titles} | {name: {"licence": licence} for name in handed}
        self.house |= {name: {"model": model} for name in published} | {"bases_in_house": {"base": self.ids["version"]}}

    def _seats(self) -> None:
        """A licence that the creator shares with somebody, and an offer to her of a seat in another's."""
        shared, theirs = self.world.licence(seats=3), self.world.licence(holder=self.newcomer, seats=2)
        guest = self.world.person("guest")
        seat = sharing.take(seat=sharing.offer(licence=shared, by=self.world.bob, email=guest.email, language="en"), by=guest)
        offer = sharing.offer(licence=theirs, by=self.newcomer, email=self.world.bob.email, language="en")
        hers = {"licence": shared.public_id, "seat": seat.public_id}
        at_seats = ("licences_seats_list", "licences_seats_offer", "licences_seats_end")
        pages = ("POST /licences/{licence}/seats", "POST /licences/{licence}/seats/{seat}")
        self.seats = dict.fromkeys((*at_seats, *pages), hers)
        self.ids |= {"seat_ticket": ticket(offer), "licences_seat": seat.public_id}
        self.seats |= {f"{way} /seats/{{ticket}}": {"ticket": self.ids["seat_ticket"]} for way in ("GET", "POST")}

    def _seen(self, model: CustomModel, training: UUID) -> dict[str, Any]:
        """A preview, which both the training and its model show, and a file that is handed over as it is."""
        CustomModel.objects.filter(pk=model.pk).update(training=training)
        key, self.ids["form"] = f"test/{uuid4()}/manifest.json", "clip"
        store.put_bytes(store.MODELS, key, b"{}")
        file = Artifact.objects.create(model=model, kind="manifest", path="manifest.json", key=key, sha256=SHA, bytes=2)
        keys = {"key": f"{key}.mp4", "still": f"{key}.webp"}
        shown = Preview.objects.create(training=training, fence=1, place=0, step=2, prompt="a bar", seed=0, **keys)
        return {"preview": shown, "artifact": file}

    def _members(self) -> None:
        world = self.world
        invitation = invite(studio=world.studio, by=world.alice, email=world.bob.email, role="auditor", language="en")
        self._name(member=world.dave.memberships.get(), invitation=invitation)
        self.ids |= {"ticket": ticket(invitation), "decision": "suspend"}

    def _name(self, **rows: Any) -> None:
        self.ids |= {name: row.public_id for name, row in rows.items()}

    def others(self) -> dict[str, str]:
        """Public ids, by what they are, of rows that some of this cast must not reach through a request's body."""
        other, owner = self.other, self.cast["owner"]
        licence, dataset = other.licence(), sealed(other.bob)
        open_ = material.open_dataset(owner=other.bob, name="Open")
        second = open_studio(owner=owner, name="Second", country="FR")
        project, hers = (trainings.declare(owner=person, name="Short", **USE) for person in (other.bob, owner))
        rest: dict[str, Any] = {"name": "x", "knobs": {}, "previews": [], "seed": 0, "seconds": 1, "lines": [], "estimate": {}}
        quote = Quote.objects.create(
            owner=other.bob, licence=licence, dataset=dataset, project=project, expires_at=database_now() + timedelta(hours=1), **rest
        )
        rows: dict[str, Any] = {
            "foreign licence": licence,
            "foreign dataset": dataset,
            "foreign project": project,
            "foreign quote": quote,
            "foreign studio": other.studio,
            "foreign title": other.version.titles.get(),
            "foreign version": other.version,
            "foreign performer": rights.add_performer(studio=other.studio, by=other.alice, name="Eve", **SCOPE),
            "foreign consent": consents.record_consent(dataset=open_, performer="Eve", evidence="x", **SCOPE),
            "foreign offering": other.offering,
            "foreign person": other.bob,
            "unpublished revision": unpublished(self.world),
            "stranger": self.cast["stranger"],
            "owner's dataset": sealed(owner),
            "owner's project": hers,
            "owner's other title": rights.add_title(studio=second, by=owner, name="Elsewhere"),
        }
        return {name: row.public_id for name, row in rows.items()} | {"foreign file": finished(other.bob, licence).artifacts.get().key}

    def shown_in(self, operation: str) -> str:
        """What a caller who may see the row finds in this list."""
        kinds = {"bases_list": "version", "catalogue": "offering", "studios_checkpoints": "studio"}
        if operation.startswith("studios_") and operation not in ("studios_list", *kinds):
            return self.ids["licence"]
        return self.ids[kinds.get(operation, operation.removesuffix("_list").removesuffix("s"))]

    def path(self, operation: str) -> str:
        standing_in = {"bases_parts": "unfinished", "bases_complete": "unfinished", "bases_publish": "whole", "licences_restore": "stopped"}
        standing_in |= dict.fromkeys(("samples_list", "samples_add"), "version")
        standing_in |= {"samples_part": "awaited_sample", "samples_complete": "sent_sample"}
        standing_in |= {"orders_refund": "paid", "assets_parts": "uploading", "assets_complete": "uploading", "bases_get": "version"}
        standing_in |= {f"{call} /orders/{{order}}/{page}": "paid" for call, page in PAID_PAGES}
        path = operations()[operation][1]
        if operation in self.cased:
            case = self.cased[operation]
            return path.format(case=case.number, key=links.key(case))
        if operation in standing_in:
            return path.split("{")[0] + self.ids[standing_in[operation]] + path.partition("}")[2]
        return path.format(**self.ids | self.instead.get(operation, {}))

    def body(self, operation: str) -> dict[str, Any]:
        return right_body(self, operation)

    def ask(self, client: APIClient, operation: str, body: Any = None) -> Any:
        """The operation's answer to this caller. `body` replaces the one that is right."""
        method = operations()[operation][0].lower()
        sent = (self.body(operation) if body is None else body) if method in ("post", "patch") else None
        if operation == "POST /notice":
            counted.clear()  # its limit counts whatever was rolled back
        json = sent is not None and self.path(operation).startswith("/api/")
        return getattr(client, method)(self.path(operation), sent, **({"format": "json"} if json else {}))
