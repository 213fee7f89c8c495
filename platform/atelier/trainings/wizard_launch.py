"""What the wizard's last page shows: the quote drawn, all that stands against it, and what it leaves of the licence."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atelier.kit.language import tongue
from atelier.licences.holdings import Holding, Meter, holdings
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material.models import Dataset
from atelier.material.states import AssetState, DatasetState
from licensing.texts import words

from . import pricing
from .models import Draft, Quote
from .wizard_checks import Check, No, checks

LINES: dict[str, Promise] = {
    "preparation": _("Loading the base, reading your clips, storing the files"),
    "training": _("Training"),
    "previews": _("Previews of the base and of your model"),
}


@dataclass(frozen=True)
class Line:
    title: Promise | str
    seconds: int
    width: float


@dataclass(frozen=True)
class LaunchRoom:
    draft: Draft
    quote: Quote | None
    checks: list[Check]
    holding: Holding
    expired: bool

    @classmethod
    def of(cls, draft: Draft, licence: Licence, dataset: Dataset) -> "LaunchRoom":
        quote, (holding,), now = draft.quote, holdings([licence]), database_now()
        if quote is None:
            return cls(draft, None, [], holding, expired=False)
        knobs = quote.knobs
        asked = {
            "use": quote.project.use,
            "rank": knobs["rank"],
            "steps": knobs["steps"],
            "resolution": max(knobs["width"], knobs["height"]),
            "clips": dataset.assets.filter(state=AssetState.READY).count(),
            "seconds_needed": quote.seconds,
        }
        return cls(draft, quote, checks(licence, draft.owner, (dataset.pk,), **asked), holding, expired=now >= quote.expires_at)

    @property
    def noes(self) -> list[No]:
        return [no for check in self.checks for no in check.noes]

    @property
    def ready(self) -> bool:
        """Whether the start button would do something."""
        usable = self.draft.dataset is not None and self.draft.dataset.state == DatasetState.SEALED
        return bool(self.quote and usable and not self.expired and not self.noes)

    @property
    def lines(self) -> list[Line]:
        assert self.quote
        return [
            Line(LINES.get(each["what"], each["what"]), each["amount"], round(each["amount"] / self.quote.seconds * 100, 2))
            for each in self.quote.lines
        ]

    @property
    def band(self) -> dict[str, float]:
        """The estimate's interval in hundredths of the ceiling."""
        assert self.quote
        return pricing.band(self.quote.estimate, self.quote.seconds)

    @property
    def meter(self) -> Meter:
        """The allowance, with this run's ceiling where what is held is drawn."""
        assert self.quote
        seconds = self.holding.seconds
        return Meter(seconds.spent + seconds.held, min(self.quote.seconds, seconds.left), seconds.granted)

    @property
    def after(self) -> int:
        assert self.quote
        return self.holding.seconds.left - self.quote.seconds

    @property
    def declared(self) -> dict[str, str]:
        """The use in words."""
        assert self.quote
        said, project = words(tongue()), self.quote.project
        return {
            "stage": said.stages[project.stage],
            "media": said.listed([said.media[code] for code in project.media]),
            "territories": said.listed(said.alphabetical(said.territories[code] for code in project.territories)),
        }
