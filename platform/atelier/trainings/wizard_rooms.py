"""What the wizard's first two pages show beside their form: licences and datasets to choose from, and captions before they are sealed."""

from dataclasses import dataclass
from functools import cached_property

from django.utils.translation import gettext

from atelier.accounts.models import User
from atelier.kit.language import tongue
from atelier.licences.holdings import Holding, holdings, used_by
from atelier.licences.models import Licence
from atelier.material import attestation
from atelier.material.models import Asset, Dataset
from atelier.material.queries import Tally, tally
from atelier.material.shelf import Card, first_clips
from atelier.material.states import AssetState, DatasetState

from . import house
from .forms import NEW
from .wizard_checks import No, may_take, may_train

CAPTIONS_SHOWN = 6


@dataclass(frozen=True)
class LicenceChoice:
    """`no`: why nothing can be trained under it."""

    holding: Holding
    no: No | None

    @property
    def id(self) -> str:
        return self.holding.licence.public_id


@dataclass(frozen=True)
class DatasetChoice:
    """`no`: why the chosen licence does not take so many clips."""

    card: Card
    no: No | None

    @property
    def id(self) -> str:
        return self.card.dataset.public_id

    @property
    def sealed(self) -> bool:
        return self.card.dataset.state == DatasetState.SEALED


def _no(licence: Licence, card: Card) -> No | None:
    if house.lacks(licence, card.dataset):
        return No(gettext("In house, a model learns only from a dataset of the studio."), gettext("Choose or open one."))
    return may_take(licence, card.tally.ready)


@dataclass(frozen=True)
class ClipsRoom:
    licences: list[LicenceChoice]
    datasets: list[DatasetChoice]
    licence: Licence | None
    dataset: Dataset | None

    @classmethod
    def of(cls, owner: User, licence: Licence | None, dataset: Dataset | None) -> "ClipsRoom":
        mine = [LicenceChoice(each, may_train(each.licence)) for each in holdings(used_by(owner))]
        useful = [each for each in mine if not each.no]
        chosen = licence or (useful[0].holding.licence if len(useful) == 1 else None)
        rows = owner.datasets.exclude(state=DatasetState.WITHDRAWN).order_by("-created_at").prefetch_related(first_clips())
        cards = [DatasetChoice(card, _no(chosen, card) if chosen else None) for card in Card.all(rows)]
        return cls(sorted(mine, key=lambda each: bool(each.no)), cards, chosen, dataset)

    @property
    def useful(self) -> list[LicenceChoice]:
        return [each for each in self.licences if not each.no]

    @property
    def licence_ids(self) -> list[str]:
        return [each.id for each in self.licences]

    @property
    def dataset_ids(self) -> list[str]:
        return [each.id for each in self.datasets]

    @property
    def initial(self) -> dict[str, str]:
        sealed = [each.id for each in self.datasets if each.sealed and not each.no]
        only = sealed[0] if len(sealed) == 1 else "" if self.datasets else NEW
        dataset = self.dataset if self.dataset and self.dataset.state != DatasetState.WITHDRAWN else None
        return {"licence": self.licence.public_id if self.licence else "", "dataset": dataset.public_id if dataset else only}

    @property
    def open_dataset(self) -> Dataset | None:
        """The chosen one while files may still be added."""
        return self.dataset if self.dataset and self.dataset.state == DatasetState.OPEN else None


@dataclass(frozen=True)
class CaptionsRoom:
    licence: Licence
    dataset: Dataset
    tally: Tally
    trigger: str

    @classmethod
    def of(cls, licence: Licence, dataset: Dataset, trigger: str) -> "CaptionsRoom":
        return cls(licence, dataset, tally(dataset), trigger.strip())

    @property
    def open(self) -> bool:
        return self.dataset.state == DatasetState.OPEN

    @property
    def withdrawn(self) -> bool:
        return self.dataset.state == DatasetState.WITHDRAWN

    @cached_property
    def captions(self) -> list[str]:
        rows = self.dataset.assets.filter(state=AssetState.READY).exclude(caption="").order_by("id")
        return list(rows.values_list("caption", flat=True))

    @property
    def with_trigger(self) -> int:
        """As the engine looks for it: anywhere in the caption, whatever its case."""
        return sum(self.trigger.lower() in caption.lower() for caption in self.captions) if self.trigger else 0

    @property
    def without_trigger(self) -> int:
        return len(self.captions) - self.with_trigger

    @property
    def sample(self) -> list[tuple[Asset, str]]:
        """The first clips, and the word that is put in front of their captions."""
        rows = self.dataset.assets.filter(state=AssetState.READY).order_by("id")[:CAPTIONS_SHOWN]
        return [(row, "" if self.trigger.lower() in row.caption.lower() else self.trigger) for row in rows]

    @property
    def more(self) -> int:
        return max(0, self.tally.ready - CAPTIONS_SHOWN)

    @property
    def text(self) -> attestation.Text:
        return attestation.TEXTS[tongue()]

    @property
    def too_many(self) -> No | None:
        return may_take(self.licence, self.tally.ready) if may_train(self.licence) is None else None

    @property
    def missing(self) -> bool:
        """Whether something has to happen to the files before they can be sealed."""
        return bool(self.tally.unsettled or self.tally.bare or self.tally.untitled or not self.tally.ready)
