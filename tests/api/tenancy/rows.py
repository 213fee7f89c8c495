"""Rows that a creator has: a sealed dataset, a quote, a model; and what they are made of."""

import hashlib
from pathlib import Path
from typing import Any
from uuid import uuid4

from atelier.accounts.models import User
from atelier.catalog.models import BaseModel, BaseVersion, Offering, TierRevision
from atelier.catalog.states import VersionState
from atelier.kit import store
from atelier.library.actions import StoredFile, publish
from atelier.library.models import CustomModel
from atelier.licences.models import Licence
from atelier.material import actions as material
from atelier.material import attestation
from atelier.material.models import Dataset
from atelier.trainings import actions as trainings
from atelier.trainings.models import Project, Quote
from tests.material.conftest import ready
from tests.world import World

BASE = Path(__file__).parents[3] / "finetune" / "bases" / "tiny"
CLIP, WEIGHTS = b"a clip", b"weights"
SHA = "0" * 64
FILE = "models/comfyui/x.safetensors"
USE = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
KNOBS = {"steps": 4, "rank": 4, "batch_size": 1, "checkpoint_every": 2}


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
