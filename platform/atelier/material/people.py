"""The questions and consents of a dataset as its page shows them."""

from dataclasses import dataclass
from datetime import date
from typing import Self

from atelier.licences.queries import database_now

from .models import Consent, Dataset, Question
from .queries import consent_of
from .states import AssetState, DatasetState, QuestionState


@dataclass(frozen=True)
class Agreed:
    """A consent. `stands`: it holds today."""

    consent: Consent
    today: date

    @property
    def id(self) -> str:
        return self.consent.public_id

    @property
    def stands(self) -> bool:
        return self.consent.holds_on(self.today)

    @property
    def clips(self) -> int:
        return len(self.consent.questions.all())


@dataclass(frozen=True)
class People:
    dataset: Dataset
    asked: list[Question]
    answered: list[Question]
    agreed: list[Agreed]
    consent: str

    @classmethod
    def of(cls, dataset: Dataset) -> Self:
        rows = Question.objects.filter(asset__dataset=dataset, asset__state=AssetState.READY).order_by("asset")
        found = list(rows.select_related("asset").prefetch_related("consents"))
        today = database_now().date()
        consents = [Agreed(row, today) for row in dataset.consents.prefetch_related("questions").order_by("performer", "id")]
        asked = [row for row in found if row.state == QuestionState.OPEN]
        return cls(dataset, asked, [row for row in found if row.state != QuestionState.OPEN], consents, consent_of(dataset))

    @property
    def open(self) -> bool:
        return self.dataset.state == DatasetState.OPEN

    @property
    def standing(self) -> list[Agreed]:
        return [each for each in self.agreed if each.stands]
