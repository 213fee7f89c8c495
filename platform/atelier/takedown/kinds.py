"""The kinds of things in the lineage: what they are called, how their ids begin, and whose they are."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atelier.accounts.models import Studio, User
from atelier.catalog.models import BaseVersion, HouseAdapter, Offering, Performer, Tier, Title
from atelier.kit.models import Row
from atelier.library.models import Artifact, CustomModel, Handover
from atelier.licences.models import Licence
from atelier.material.models import Asset, Consent, Dataset
from atelier.trainings.models import Training


@dataclass(frozen=True)
class Kind:
    """`one` and `many` are what people read. `name` is for whoever may know it: what belongs to a creator has none for her studio."""

    model: type[Row]
    one: str | Promise
    many: str | Promise
    name: Callable[[Any], str] = lambda row: ""
    studio: Callable[[Any], Studio] | None = None
    owner: Callable[[Any], User] | None = None
    joined: tuple[str, ...] = ()


# In the order in which things stand on each other.
KINDS: dict[str, Kind] = {
    "performer": Kind(Performer, _("performer"), _("Performers"), lambda row: row.name, lambda row: row.studio, None, ("studio",)),
    "title": Kind(Title, _("title"), _("Titles"), lambda row: row.name, lambda row: row.studio, None, ("studio",)),
    "base_version": Kind(
        BaseVersion,
        _("base model"),
        _("Base models"),
        lambda row: f"{row.base.name} {row.version}",
        lambda row: row.base.studio,
        None,
        ("base__studio",),
    ),
    "house_adapter": Kind(
        HouseAdapter,
        _("house adapter"),
        _("House adapters"),
        lambda row: row.name,
        lambda row: row.version.base.studio,
        None,
        ("version__base__studio",),
    ),
    "offering": Kind(Offering, _("offering"), _("Offerings"), lambda row: row.name, lambda row: row.studio, None, ("studio",)),
    "tier": Kind(
        Tier,
        _("tier"),
        _("Tiers"),
        lambda row: f"{row.offering.name} · {row.name}",
        lambda row: row.offering.studio,
        None,
        ("offering__studio",),
    ),
    "licence": Kind(Licence, _("licence"), _("Licences"), lambda row: f"№ {row.number}", lambda row: row.studio, None, ("studio",)),
    "consent": Kind(
        Consent, _("consent"), _("Consents"), lambda row: row.performer, None, lambda row: row.dataset.owner, ("dataset__owner",)
    ),
    "asset": Kind(Asset, _("clip"), _("Clips"), lambda row: row.name, None, lambda row: row.dataset.owner, ("dataset__owner",)),
    "dataset": Kind(Dataset, _("dataset"), _("Datasets"), lambda row: row.name, None, lambda row: row.owner, ("owner",)),
    "training": Kind(Training, _("training"), _("Trainings"), lambda row: row.quote.name, None, lambda row: row.owner, ("owner", "quote")),
    "model": Kind(CustomModel, _("custom model"), _("Custom models"), lambda row: row.name, None, lambda row: row.owner, ("owner",)),
    "artifact": Kind(Artifact, _("file"), _("Files"), lambda row: row.path, None, lambda row: row.model.owner, ("model__owner",)),
    "handover": Kind(
        Handover,
        _("handed-over copy"),
        _("Handed-over copies"),
        lambda row: "",
        None,
        lambda row: row.person,
        ("person", "artifact__model", "adapter"),
    ),
}
BY_PREFIX = {kind.model.prefix: name for name, kind in KINDS.items()}


@dataclass(frozen=True)
class Item:
    """One thing that a takedown may begin with. It belongs to a studio or to a creator."""

    kind: str
    row: Row

    @property
    def id(self) -> str:
        return self.row.public_id

    @property
    def word(self) -> str:
        return str(KINDS[self.kind].one)

    @property
    def name(self) -> str:
        return KINDS[self.kind].name(self.row) or self.id

    @property
    def studio(self) -> Studio | None:
        of = KINDS[self.kind].studio
        return of(self.row) if of else None

    @property
    def owner(self) -> User | None:
        of = KINDS[self.kind].owner
        return of(self.row) if of else None


def items(kind: str, wanted: Iterable[UUID]) -> list[Item]:
    rows = KINDS[kind].model._default_manager.select_related(*KINDS[kind].joined).filter(pk__in=list(wanted))
    return [Item(kind, row) for row in rows.order_by("pk")]


def item(kind: str, pk: UUID) -> Item | None:
    return next(iter(items(kind, [pk])), None)


def parsed(public_id: str) -> Item | None:
    """The thing with this public id; None where there is none, or of a kind that nothing stands on."""
    kind = BY_PREFIX.get(public_id.partition("_")[0])
    return item(kind, KINDS[kind].model.parse_id(public_id)) if kind else None
