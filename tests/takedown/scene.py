"""A model with a copy that was downloaded, and a training at work, both under one licence of one title."""

import io
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.catalog.models import Title
from atelier.kit import store
from atelier.library.models import CustomModel, Preview
from atelier.licences import actions as licences
from atelier.licences import revocations, signing
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material import actions as material
from atelier.material import attestation
from atelier.material.models import Dataset
from atelier.trainings.models import Project, Quote, Training
from licensing.verify import Question, Result, verify
from tests.library.files import PATH, USE, published
from tests.material.conftest import ready
from tests.world import World, client_of, run_outbox

SECONDS = 100


@dataclass
class Scene:
    world: World
    model: CustomModel
    dataset: Dataset
    done: Training
    running: Training
    copy: bytes

    @property
    def licence(self) -> Licence:
        return self.model.licence

    @property
    def title(self) -> Title:
        return self.world.version.titles.get()

    def ask(self, path: str = PATH) -> Any:
        return client_of(self.world.bob).post(f"/api/v1/models/{self.model.public_id}/handovers", {"file": path}, format="json")

    def verified(self) -> Result:
        """What the holder of the copy learns from the newest list."""
        question = Question(root=signing.keys().root, at=database_now(), revocations=revocations.current().document.encode())
        return verify(io.BytesIO(self.copy), question)


def scene(world: World) -> Scene:
    model, dataset = published(world), sealed(world.bob)
    done = trained(world, model.licence, dataset, state="done")
    CustomModel.objects.filter(pk=model.pk).update(training=done.pk)
    model.refresh_from_db()
    Preview.objects.create(training=done.pk, fence=1, place=0, step=2, prompt="a bar", seed=0, key=stored("a.mp4"), still=stored("a.webp"))
    running = trained(world, model.licence, dataset, state="running", fence=1, lease_until=Now() + timedelta(minutes=1))
    licences.reserve(licence=model.licence, training=running.pk, seconds=SECONDS)
    made = Scene(world, model, dataset, done, running, b"")
    handover = made.ask().json()["id"]
    run_outbox()
    made.copy = httpx.get(client_of(world.bob).get(f"/api/v1/handovers/{handover}").json()["link"]["url"]).content
    return made


def stored(name: str) -> str:
    key = f"test/{database_now().timestamp()}/{name}"
    store.put_bytes(store.MODELS, key, name.encode())
    return key


def sealed(owner: User) -> Dataset:
    dataset = material.open_dataset(owner=owner, name="Neon")
    for name in ("one.mp4", "two.mp4"):
        ready(dataset, name.encode(), name, caption="a bar moves")
    material.attest(dataset=dataset, text_hash=attestation.ENGLISH.hash)
    return material.seal(dataset=dataset).dataset


def trained(world: World, licence: Licence, dataset: Dataset, **state: Any) -> Training:
    project = Project.objects.create(owner=world.bob, name="Short", **USE)
    asked = {"owner": world.bob, "licence": licence, "dataset": dataset, "project": project, "name": "Neon"}
    priced = {"seconds": SECONDS, "lines": [], "estimate": {}, "expires_at": database_now() + timedelta(hours=1)}
    quote = Quote.objects.create(knobs={"steps": 4}, previews=[], seed=0, **asked, **priced)
    return Training.objects.create(owner=world.bob, quote=quote, licence=licence, since=database_now(), steps=4, **state)
