"""One row of everything that the API reaches, owned by one cast, and the request that each operation is tried with."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
from django.core.cache import cache as counted
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from atelier.accounts.actions import SCOPES, issue_token, open_studio
from atelier.accounts.models import User
from atelier.api.models import Hook
from atelier.audit import checkpoints
from atelier.audit.models import Entry
from atelier.catalog import adapters, rights, samples
from atelier.catalog.models import BaseFile, BaseModel, BaseVersion, Offering, Sample, TierRevision, Title
from atelier.catalog.states import VersionState
from atelier.checkout.models import Order
from atelier.kit import store
from atelier.library import leaks
from atelier.library.actions import StoredFile, hand_over, publish
from atelier.library.models import Artifact, CustomModel, Handover, Preview
from atelier.licences.actions import suspend
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material import actions as material
from atelier.material import attestation, consents
from atelier.material.models import Dataset
from atelier.studio.actions import invite, ticket
from atelier.takedown import actions as takedown
from atelier.takedown import links, takedowns
from atelier.takedown.models import Case
from atelier.trainings import actions as trainings
from atelier.trainings import sweeps
from atelier.trainings.models import Draft, Project, Quote
from finetune.families import layout
from licensing.text import text_hash
from tests.material.conftest import add, ready, send
from tests.studio.test_offers import TYPED
from tests.takedown.test_notice import TYPED as NOTICE
from tests.world import World, client_of, join, two_step

from .table import lines

BASE = Path(__file__).parents[3] / "finetune" / "bases" / "tiny"
CLIP, WEIGHTS = b"a clip", b"weights"
SHA = "0" * 64
FILE = "models/comfyui/x.safetensors"
USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
KNOBS = {"steps": 4, "rank": 4, "batch_size": 1, "checkpoint_every": 2}
SETTINGS = {
    **{"version": 1, "name": "Neon", "project": "Short", "preset": "own", "seed": 0, **USE, **KNOBS, "commercial": ""},
    **{"learning_rate": 0.001, "caption_dropout": 0.1, "width": 32, "height": 32},
}
PAPER = ("signed.pdf", b"%PDF-1.4")
SCOPE = {"uses": "Her face in this film.", "representation": "union"}
PLATFORM_TERMS = ("version", "grantor", "offering", "base_digest")
# Pages of orders that only a paid one has.
PAID_PAGES = (("POST", "pay"), ("GET", "give-back"), ("POST", "give-back"), ("GET", "invoice"))
# Answered by allauth, whose own tests cover them. Whatever else the site answers needs a line in the table.
NOT_OURS = ("accounts/", "_allauth/")


@contextmanager
def rolled_back() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


@cache
def schema() -> dict[str, Any]:
    described: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return described


@cache
def operations() -> dict[str, tuple[str, str]]:
    """Operation id to method and path, as the schema describes them; what is outside the API by method and path."""
    described = {call["operationId"]: (method.upper(), path) for path, calls in schema()["paths"].items() for method, call in calls.items()}
    trust = ("GET /trust/root.pub", "GET /trust/revocations.json", "GET /trust/verifier.py")
    outside = ("GET /healthz", "GET /api/v1/schema", "POST /webhooks/stripe", *trust)
    pages = [name for name in lines() if name.startswith(("GET /", "POST /"))]
    return described | {name: (name.split()[0], name.split()[1]) for name in (*outside, *pages)}


def bodies() -> dict[str, tuple[str, str]]:
    """The operations that read a body."""
    return {name: call for name, call in operations().items() if call[0] in ("POST", "PATCH") and call[1].startswith("/api/")}


def reads(operation: str) -> set[str]:
    """The fields of the body that the schema names."""
    method, path = operations()[operation]
    content = schema()["paths"][path][method.lower()].get("requestBody", {"content": {}})["content"]
    if not content:
        return set()
    name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
    return set(schema()["components"]["schemas"][name]["properties"])


def routes(resolver: Any = None, before: str = "") -> Iterator[tuple[str, list[str]]]:
    """Every address that the site answers and, for an operation of the API, its methods."""
    for pattern in (resolver or get_resolver()).url_patterns:
        path = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            if path not in NOT_OURS:
                yield from routes(pattern, path)
        elif isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "cls", None)
            yield (
                "/" + path.replace("<str:", "{").replace(">", "}"),
                [m.upper() for m in view.http_method_names if hasattr(view, m)] if view else [],
            )


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
        """A request that is right when the right person makes it."""
        ids = self.ids
        terms = {name: value for name, value in self.world.terms().items() if name not in PLATFORM_TERMS}
        price = {"amount": 4900, "currency": "EUR"}
        shape = {"height": 32, "width": 32, "frames": 9, "fps": 8}
        file = {"path": "model.safetensors", "bytes": 7, "sha256": SHA}
        known: dict[str, dict[str, Any]] = {
            "tokens_issue": {"name": "cli", "scopes": ["read"], "days": 1},
            "studios_open": {"name": "Nuit", "country": "FR"},
            "studios_members_invite": {"email": self.newcomer.email, "role": "auditor"},
            "invitations_accept": {"ticket": ids["ticket"]},
            "titles_correct": {"name": "La Nuit claire", "year": 2020, "eidr": ""},
            "clearances_say": {"state": "pending"},
            "titles_cast": {"performer": ids["performer"], "role": "Nora"},
            "performers_add": {"studio": ids["studio"], "name": "Ben", **SCOPE},
            "performers_revise": SCOPE,
            "adapters_open": {
                **{"version": ids["version"], "name": "Another look", "titles": [ids["title"]]},
                **{"bytes": len(WEIGHTS), "sha256": SHA},
            },
            "adapters_parts": {"numbers": [1]},
            "consents_record": {"performer": "Ben", **SCOPE, "evidence": "in the binder"},
            "questions_answer": {"answer": "consented", "questions": [ids["question"]], "consents": [ids["consent"]]},
            "POST /datasets/{dataset}/people": {"do": "nobody", "question": [ids["question"]]},
            "POST /datasets/{dataset}/people/new": {"performer": "Ben", **SCOPE, "evidence": "in the binder"},
            "POST /studio/{studio}/titles": {"name": "Le Jour"},
            "POST /studio/{studio}/titles/{title}": {"name": "La Nuit claire", "year": 2020},
            "POST /studio/{studio}/titles/{title}/clearance": {"state": "pending"},
            "POST /studio/{studio}/titles/{title}/cast": {"performer": ids["performer"], "role": "Nora"},
            "POST /studio/{studio}/titles/performers/new": {"name": "Ben", **SCOPE},
            "POST /studio/{studio}/titles/performers/{performer}": SCOPE,
            "titles_add": {"studio": ids["studio"], "name": "Le Jour", "year": 2020},
            "bases_open": {"studio": ids["studio"], "name": "Lux", "version": "9", "family": "wan", **shape, "files": [file]},
            "bases_parts": {"path": "awaited.safetensors", "numbers": [1]},
            "bases_complete": {"path": "here.json"},
            "offerings_open": {"version": ids["version"], "name": "More"},
            "tiers_open": {"offering": ids["offering"], "name": "Gold", "terms": terms, "price": price},
            "tiers_revise": {"terms": terms, "price": price},
            "orders_open": {"revision": ids["revision"], "accepted_text": text_hash(self.revision.terms, "en"), "language": "en"},
            "orders_refund": {"reason": "not needed"},
            "licences_suspend": {"reason": "a doubt"},
            "licences_restore": {"reason": "none any more"},
            "licences_revoke": {"reason": "a breach"},
            "datasets_open": {"name": "Noon"},
            "datasets_attest": {"text_hash": attestation.ENGLISH.hash},
            "captions_apply": {"captions": {"clip.mp4": "a bar stands"}},
            "assets_add": {"name": "more.mp4", "bytes": 6, "sha256": SHA, "caption": ""},
            "assets_caption": {"caption": "a bar stands"},
            "assets_parts": {"numbers": [1]},
            "projects_declare": {"name": "Short", **USE},
            "quotes_ask": {
                **{name: ids[name] for name in ("licence", "project")},
                "dataset": ids["sealed"],
                "name": "Neon",
                "knobs": KNOBS,
            },
            "trainings_start": {"quote": ids["quote"]},
            "sweeps_start": {"name": "Ranks", "quotes": [ids["quote"], ids["spare"]]},
            "POST /trainings/new/{draft}/sweep": {"setting": "seed", "value_0": 1, "value_1": 2},
            "hooks_register": {"url": "https://8.8.8.8/hook"},
            "takedowns_begin": {"item": ids["title"], "reason": "x"},
            "takedowns_lift": {"reason": "x"},
            "POST /desk/leaks": {"key": self.suspect},
            "withdrawals_begin": {"item": ids["clip"], "reason": "x"},
            "POST /account/webhooks": {"url": "https://8.8.8.8/hook"},
            "POST /tiers/{tier}/buy": {"revision": ids["revision"], "text": text_hash(self.revision.terms, "fr"), "accept": "on"},
            "POST /orders/{order}/give-back": {"sure": "on"},
            "POST /studio/": {"name": "Nuit", "country": "FR"},
            "POST /studio/{studio}/licences/{licence}/{decision}": {"reason": "a doubt"},
            "POST /studio/{studio}/members": {"email": self.newcomer.email, "role": "auditor"},
            "POST /studio/{studio}/members/{member}": {"role": "admin"},
            "models_hand_over": {"file": FILE},
            "models_declare": {**USE, "media": ["social"]},
            "POST /models/{model}/use": {**USE, "commercial": ""},
            "POST /models/{model}/handovers": {"file": FILE},
            "POST /models/{model}/name": {"name": "Nuit"},
            "POST /models/{model}/withdraw": {"sure": "yes"},
            "POST /datasets": {"name": "Noon"},
            "POST /trainings/new": {"from": ids["training"]},
            "POST /trainings/new/{draft}/clips": {"version": 1, "licence": ids["licence"], "dataset": ids["sealed"]},
            "POST /trainings/new/{draft}/captions": {"version": 1, "trigger": "neon"},
            "POST /trainings/new/{draft}/settings": SETTINGS,
            "POST /trainings/new/{draft}/launch": {"do": "start", "quote": ids["quote"]},
            "POST /datasets/{dataset}/captions": {"changes": "[]"},
            "POST /datasets/{dataset}/attest": {"text_hash": attestation.FRENCH.hash, "agreed": "on"},
            "POST /clips/{asset}/caption": {"text": "a bar stands", "was": "a bar moves"},
            "samples_add": {"prompt": "a bar moves", "bytes": 6, "sha256": SHA},
            "POST /notice": NOTICE,
            "POST /notice/{case}/{key}/appeal": {"words": "look again"},
            "POST /notice/{case}/{key}/answer": {"answer": "this one"},
            "POST /studio/{studio}/offers": {"version": ids["version"], "name": "More"},
            "POST /studio/{studio}/offers/{offering}/tiers/new": TYPED,
            "POST /studio/{studio}/offers/{offering}/tiers/{tier}/edit": TYPED,
            "POST /studio/{studio}/offers/{offering}/tiers/{tier}/switch": {"do": "close"},
        }
        if operation.startswith("POST /desk/{case}"):
            seen = self.cased[operation].since.isoformat()
            return {"seen": seen, "question": "which?", "outcome": "upheld", "reason": "yes"}
        if any(part in operation for part in ("/takedowns/", "/reach/", "/withdraw")) and operation not in known:
            return {"reason": "x", "sure": "on", "words": "look again"}
        return known.get(operation, {})

    def ask(self, client: APIClient, operation: str, body: Any = None) -> Any:
        """The operation's answer to this caller. `body` replaces the one that is right."""
        method = operations()[operation][0].lower()
        sent = (self.body(operation) if body is None else body) if method in ("post", "patch") else None
        if operation == "POST /notice":
            counted.clear()  # its limit counts whatever was rolled back
        json = sent is not None and self.path(operation).startswith("/api/")
        return getattr(client, method)(self.path(operation), sent, **({"format": "json"} if json else {}))


def sealed(owner: User) -> Dataset:
    dataset = material.open_dataset(owner=owner, name="Neon")
    for name in ("one.mp4", "two.mp4"):
        ready(dataset, CLIP, name, caption="a bar moves")
    material.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    return material.seal(dataset=dataset).dataset


def asked(owner: User, licence: Licence, dataset: Dataset, project: Project) -> Quote:
    knobs = {**KNOBS, "alpha": 4.0, "learning_rate": 1e-3, "caption_dropout": 0.1, "trigger": ""}
    wish = {"name": "Neon", "knobs": knobs, "previews": [], "seed": 0}
    return trainings.quote(owner=owner, licence=licence, dataset=dataset, project=project, **wish)


def finished(owner: User, licence: Licence) -> CustomModel:
    key = f"test/{uuid4()}/comfyui.safetensors"
    store.put_bytes(store.MODELS, key, WEIGHTS)
    sha = hashlib.sha256(WEIGHTS).hexdigest()
    file = StoredFile(FILE, key, sha, len(WEIGHTS), "weights", "comfyui")
    facts: dict[str, Any] = {"dataset_root": f"sha256:{SHA}", "name": "Neon", "use": USE, "manifest": {}}
    return publish(owner=owner, licence=licence, training=uuid4(), files=[file], **facts)


def unpublished(world: World) -> TierRevision:
    """A revision over a base that has not been published."""
    base = BaseModel.objects.create(studio=world.studio, name="Nox")
    version = BaseVersion.objects.create(
        base=base, version="1", family="wan", state=VersionState.DRAFT, height=32, width=32, frames=9, fps=8
    )
    offering = Offering.objects.create(studio=world.studio, version=version, name="Nox")
    tier = world.tier()
    tier.offering = offering
    tier.save()
    return tier.current
