"""A world with real files: the tiny base in the store, drawn clips uploaded by signed parts, checked, captioned, sealed."""

import hashlib
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

import httpx

from tests.world import World, run_outbox

if TYPE_CHECKING:
    from atelier.catalog.models import BaseVersion
    from atelier.licences.models import Licence
    from atelier.material.models import Dataset
    from atelier.trainings.models import Project, Quote, Training

BASE = Path(__file__).parents[2] / "finetune" / "bases" / "tiny"


@cache
def drawn_clips() -> list[Path]:
    from finetune.data.draw import draw

    return draw(Path(mkdtemp(prefix="clips-")), count=4, style="neon", seed=1, size=64, fps=8, seconds=2.5)


def put_parts(links: Any, data: bytes) -> None:
    """What a browser does: each part straight to the store."""
    at = 0
    for link in links:
        answer = httpx.put(link.url, content=data[at : at + link.bytes])
        assert answer.status_code == 200, answer.text
        at += link.bytes


def publish_base(world: World) -> "BaseVersion":
    """Replaces the world's paper base by the real one, through the real inspection."""
    from atelier.catalog.models import BaseFile, BaseVersion
    from atelier.catalog.states import VersionState
    from atelier.kit import outbox, store

    version = world.version
    for path in sorted(p for p in BASE.rglob("*") if p.is_file()):
        name, data = path.relative_to(BASE).as_posix(), path.read_bytes()
        key = f"bases/{version.id}/{name}"
        store.put_bytes(store.MODELS, key, data)
        BaseFile.objects.create(
            version=version, path=name, key=key, bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), complete=True
        )
    BaseVersion.objects.filter(pk=version.pk).update(state=VersionState.CHECKING)
    outbox.post("catalog.inspect", version=str(version.id))
    run_outbox()
    version.refresh_from_db()
    assert version.state == VersionState.PUBLISHED, version.problem
    return version


def seal_dataset(world: World, clips: list[Path] | None = None) -> "Dataset":
    from atelier.material import actions, attestation

    dataset = actions.open_dataset(owner=world.bob, name="Neon")
    for clip in clips or drawn_clips():
        data = clip.read_bytes()
        asset = actions.add(
            dataset=dataset,
            name=clip.name,
            bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
            caption=clip.with_suffix(".txt").read_text().strip(),
        )
        put_parts(actions.links(asset=asset, numbers=list(range(1, asset.part_count + 1))), data)
        actions.complete(asset=asset)
    run_outbox()
    actions.attest(dataset=dataset, text_hash=attestation.TEXTS["en"].hash)
    actions.seal(dataset=dataset)
    dataset.refresh_from_db()
    return dataset


class Studio:
    """Everything a training needs, in one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.version = publish_base(world)
        self.dataset = seal_dataset(world)

    def licence(self, **changes: Any) -> "Licence":
        return self.world.licence(**changes)

    def project(self, **changes: Any) -> "Project":
        from atelier.trainings.actions import declare

        use = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False, **changes}
        return declare(owner=self.world.bob, name="Short", **use)

    def quote(self, licence: "Licence | None" = None, project: "Project | None" = None, previews: int = 0, **knobs: Any) -> "Quote":
        from atelier.trainings.actions import quote

        settings = {"steps": 4, "rank": 4, "alpha": 4.0, "learning_rate": 1e-3, "batch_size": 2, "checkpoint_every": 2, **knobs}
        return quote(
            owner=self.world.bob,
            licence=licence or self.licence(),
            dataset=self.dataset,
            project=project or self.project(),
            name="Neon look",
            knobs=settings,
            previews=[{"prompt": "a red circle moving right on a dark background", "seed": i} for i in range(previews)],
            seed=0,
        )

    def training(self, **knobs: Any) -> "Training":
        from atelier.trainings.actions import start

        return start(quote=self.quote(**knobs), by=self.world.bob)
