"""Random lineages as rows, and beside them what stands on what, written down while they are made."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from atelier.catalog.models import BaseModel, BaseVersion, HouseAdapter, Offering, Performer, Tier, TierRevision, Title, TitlePerformer
from atelier.kit.models import Row
from atelier.library.models import Artifact, CustomModel, Handover
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material.models import Asset, Consent, Dataset, Question
from atelier.trainings.models import Project, Quote, Training
from tests.world import World

Node = tuple[str, UUID]
Pick = Callable[[Sequence[Any]], Any]
"""One of them, drawn."""
Some = Callable[[Sequence[Any]], list[Any]]
"""None, one or several of them, drawn."""
SHA = "sha256:" + "0" * 64


@dataclass
class Lineage:
    nodes: list[Node] = field(default_factory=list)
    below: dict[Node, set[Node]] = field(default_factory=lambda: defaultdict(set))

    def add(self, kind: str, row: Any, *above: tuple[str, Row]) -> None:
        node = (kind, row.pk)
        self.nodes.append(node)
        for name, parent in above:
            self.below[name, parent.pk].add(node)

    def reached(self, start: Node) -> set[Node]:
        """By brute force: again and again whatever stands on something that is reached."""
        found, grown = {start}, True
        while grown:
            more = {node for parent in found for node in self.below[parent]} - found
            found, grown = found | more, bool(more)
        return found


def grown(world: World, size: int, pick: Pick, some: Some) -> Lineage:
    """About `size` of each kind, each on parents that are drawn."""
    made = Lineage()
    performers = [Performer(studio=world.studio, name=uuid4().hex, uses="x", representation="counsel") for _ in range(size)]
    titles = [Title(studio=world.studio, name=f"T{n}") for n in range(size)]
    Performer.objects.bulk_create(performers)
    Title.objects.bulk_create(titles)
    for performer in performers:
        made.add("performer", performer)
    for title in titles:
        cast = some(performers)
        TitlePerformer.objects.bulk_create(TitlePerformer(title=title, performer=performer) for performer in cast)
        made.add("title", title, *(("performer", performer) for performer in cast))
    _studio(made, world, size, titles, pick, some)
    return made


def _studio(made: Lineage, world: World, size: int, titles: list[Title], pick: Pick, some: Some) -> None:
    base = BaseModel.objects.create(studio=world.studio, name=uuid4().hex)
    shape = {"family": "wan", "height": 32, "width": 32, "frames": 9, "fps": 8, "state": "published", "digest": SHA}
    versions = BaseVersion.objects.bulk_create(BaseVersion(base=base, version=str(n), **shape) for n in range(size))
    for version in versions:
        learned = some(titles)
        version.titles.add(*learned)
        made.add("base_version", version, *(("title", title) for title in learned))
    facts = {"bytes": 1, "sha256": "0" * 64, "state": "published"}
    adapters = HouseAdapter.objects.bulk_create(
        HouseAdapter(version=pick(versions), name=uuid4().hex, key=uuid4().hex, **facts) for _ in range(size)
    )
    for adapter in adapters:
        learned = some(titles)
        adapter.titles.add(*learned)
        made.add("house_adapter", adapter, ("base_version", adapter.version), *(("title", title) for title in learned))
    offerings = []
    for n in range(size):
        worn = pick([None, *adapters])
        also = pick([None, *adapters])
        version = worn.version if worn else pick(versions)
        offering = Offering(studio=world.studio, version=version, adapter=worn, adapter_2=also, name=f"O{n}")
        offerings.append(offering)
        made.add("offering", offering, ("base_version", offering.version), *(("house_adapter", each) for each in offering.worn))
    Offering.objects.bulk_create(offerings)
    models = _licences(made, world, size, offerings, titles, pick, some)
    for adapter, model in zip(adapters[::2], models, strict=False):
        HouseAdapter.objects.filter(pk=adapter.pk).update(model=model.pk)
        made.below["model", model.pk].add(("house_adapter", adapter.pk))


def _licences(
    made: Lineage, world: World, size: int, offerings: list[Offering], titles: list[Title], pick: Pick, some: Some
) -> list[CustomModel]:
    tiers = Tier.objects.bulk_create(Tier(offering=pick(offerings), name=uuid4().hex) for _ in range(size))
    for tier in tiers:
        made.add("tier", tier, ("offering", tier.offering))
    terms = world.terms()
    price = {"price_amount": 1, "price_currency": "EUR", "terms_json": terms, "terms_id": SHA}
    revisions = TierRevision.objects.bulk_create(TierRevision(tier=tier, number=n, **price) for tier in tiers for n in (1, 2))
    rest = {"holder": world.bob, "studio": world.studio, "accepted_text": SHA, "granted_at": database_now()}
    licences = Licence.objects.bulk_create(Licence(revision=pick(revisions), source=uuid4().hex, **rest) for _ in range(size))
    for licence in licences:
        made.add("licence", licence, ("tier", licence.revision.tier))
        if adapter := licence.revision.tier.offering.adapter:
            copy = Handover.objects.create(adapter=adapter, person=world.bob, licence=licence, use={})
            made.add("handover", copy, ("house_adapter", adapter), ("licence", licence))
    return _trained(made, world, licences, _datasets(made, world, size, titles, pick, some), size, pick)


def _datasets(made: Lineage, world: World, size: int, titles: list[Title], pick: Pick, some: Some) -> list[Dataset]:
    datasets = Dataset.objects.bulk_create(Dataset(owner=world.bob, name="D") for _ in range(size))
    agreed = {"uses": "x", "representation": "counsel", "evidence": "x", "performer": "P"}
    consents = Consent.objects.bulk_create(Consent(dataset=pick(datasets), **agreed) for _ in range(size))
    for consent in consents:
        made.add("consent", consent)
    clip = {"bytes": 1, "sha256": "0" * 64, "kind": "video", "width": 1, "height": 1, "frames": 1, "clean_key": "x", "thumb_key": "x"}
    for dataset in datasets:
        ready, gone = (
            Asset(dataset=dataset, name=uuid4().hex, key=uuid4().hex, state=state, title=pick([None, *titles]), **clip)
            for state in ("ready", "removed")
        )
        Asset.objects.bulk_create([ready, gone])
        for asset in (ready, gone):
            agreed_to = some(consents)
            question = Question.objects.create(asset=asset, source="owner")
            question.consents.add(*agreed_to)
            shown: list[tuple[str, Row]] = [("title", asset.title)] if asset.title else []
            made.add("asset", asset, *shown, *(("consent", consent) for consent in agreed_to))
        made.add("dataset", dataset, ("asset", ready))
    return datasets


def _trained(made: Lineage, world: World, licences: list[Licence], datasets: list[Dataset], size: int, pick: Pick) -> list[CustomModel]:
    use = {"stage": "production", "media": ["web"], "territories": ["FR"], "commercial": False}
    project = Project.objects.create(owner=world.bob, name="P", **use)
    asked = {
        "owner": world.bob,
        "project": project,
        "name": "Q",
        "knobs": {},
        "previews": [],
        "seed": 0,
        "seconds": 1,
        "lines": [],
        "estimate": {},
    }
    until, models = database_now() + timedelta(hours=1), list[CustomModel]()
    for n in range(size):
        origin = pick([None, *models])
        quote = Quote.objects.create(licence=pick(licences), dataset=pick(datasets), origin=origin, expires_at=until, **asked)
        training = Training.objects.create(
            owner=world.bob, quote=quote, licence=quote.licence, since=database_now(), steps=1, state="done" if n % 2 else "cancelled"
        )
        made.add("training", training, ("licence", quote.licence), ("dataset", quote.dataset), *([("model", origin)] if origin else []))
        if n % 2:
            models.append(_published(made, world, training, use, pick))
    return models


def _published(made: Lineage, world: World, training: Training, use: dict[str, Any], pick: Pick) -> CustomModel:
    facts = {"owner": world.bob, "dataset_root": SHA, "name": "M", "use": use, "manifest": {}}
    model = CustomModel.objects.create(licence=training.licence, training=training.pk, **facts)
    made.add("model", model, ("licence", training.licence), ("training", training))
    for n in range(2):
        file = {"kind": "weights", "path": str(n), "key": uuid4().hex, "sha256": "0" * 64, "bytes": 1}
        artifact = Artifact.objects.create(model=model, **file)
        made.add("artifact", artifact, ("model", model))
        for _ in range(pick((0, 1, 2))):
            handover = Handover.objects.create(artifact=artifact, person=world.bob, licence=training.licence, use=use)
            made.add("handover", handover, ("artifact", artifact))
    return model
