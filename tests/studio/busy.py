"""A studio at work: licences, trainings, models and downloads on given days, written straight into the tables."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from atelier.accounts.models import User
from atelier.catalog.models import Tier
from atelier.library.models import Artifact, CustomModel, Handover, Outcome
from atelier.licences import actions as licences
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material.models import Dataset
from atelier.trainings.models import Project, Quote, Training
from atelier.trainings.states import ACTIVE
from tests.world import World

SECRET = "what nobody but the creator may read"
USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}


class Busy:
    def __init__(self, world: World) -> None:
        self.world, self.now = world, database_now()
        self.fence = 1000

    def licence(self, holder: User | None = None, tier: Tier | None = None, **terms: Any) -> Licence:
        tier = tier or self.world.tier(**terms)
        return licences.grant(
            holder=holder or self.world.bob, revision=tier.current, source=f"test-{uuid4().hex}", accepted_text="sha256:" + "0" * 64
        )

    def training(self, licence: Licence, days_ago: float = 0, state: str = "done", seconds: int = 60, **more: Any) -> Training:
        """With what it really does to the allowance; its name is SECRET."""
        owner, at = licence.holder, self.now - timedelta(days=days_ago)
        dataset = Dataset.objects.create(owner=owner, name=SECRET)
        project = Project.objects.create(owner=owner, name=SECRET, **USE)
        rest: dict[str, Any] = {"name": SECRET, "knobs": {"steps": 10}, "previews": [], "seed": 0, "lines": [], "estimate": {}}
        quote = Quote.objects.create(
            owner=owner, licence=licence, dataset=dataset, project=project, seconds=seconds, expires_at=at + timedelta(hours=1), **rest
        )
        active = {"lease_until": self.now + timedelta(minutes=5), "fence": self._fence()} if state in ACTIVE else {}
        captured = seconds if state == "done" else 0
        training = Training.objects.create(
            **{"owner": owner, "quote": quote, "licence": licence, "state": state, "since": at, "steps": 10, "created_at": at}
            | {"captured": captured, "step": 10 if state == "done" else 4}
            | active
            | more
        )
        licences.reserve(licence=licence, training=training.pk, seconds=seconds)
        if captured:
            licences.capture(training=training.pk, seconds=captured, key="done")
        licences.note(licence, "training.start", training.public_id, owner.id, quote=quote.public_id, seconds=seconds)
        return training

    def model(self, training: Training) -> CustomModel:
        facts: dict[str, Any] = {"dataset_root": "sha256:" + "0" * 64, "name": SECRET, "use": USE, "manifest": {}}
        model = CustomModel.objects.create(owner=training.owner, licence=training.licence, training=training.pk, **facts)
        licences.note(training.licence, "model.publish", model.public_id, training.owner_id, files=1)
        return model

    def download(self, model: CustomModel, days_ago: float = 0, ready: bool = True) -> Handover:
        artifact = Artifact.objects.create(
            model=model, kind="weights", layout="peft", path=f"{uuid4().hex}.st", key=uuid4().hex, sha256="0" * 64, bytes=1
        )
        at = self.now - timedelta(days=days_ago)
        handover = Handover.objects.create(artifact=artifact, person=model.owner, licence=model.licence, use=USE, created_at=at)
        if ready:
            stored = {"key": uuid4().hex, "sha256": "0" * 64, "tensors": "sha256:" + "0" * 64, "signed_by": "k"}
            Outcome.objects.create(handover=handover, **stored)
        return handover

    def _fence(self) -> int:
        self.fence += 1
        return self.fence
