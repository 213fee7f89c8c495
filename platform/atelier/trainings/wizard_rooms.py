"""What each page of the wizard shows beside its form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from atelier.accounts.models import User
from atelier.kit.refused import Refused
from atelier.licences.holdings import Holding, Meter, held_by, holdings
from atelier.licences.models import Licence
from atelier.licences.queries import database_now
from atelier.material import attestation
from atelier.material.models import Asset, Dataset
from atelier.material.queries import Tally, tally
from atelier.material.shelf import Card, first_clips
from atelier.material.states import AssetState, DatasetState
from licensing.terms import MEDIA, STAGES
from licensing.territories import WORLD
from licensing.texts import words

from .forms import NEW
from .models import Draft, Project, Quote
from .wizard_checks import Check, Grants, No, checks, may_take, may_train, tongue
from .wizard_offers import OWN, SPARE_PROMPTS, Ground, Offer

CAPTIONS_SHOWN = 6
# Offered before the list of all countries.
NEAR = ("FR", "BE", "CH", "LU", "CA", "DE", "ES", "IT", "GB", "US")
LINES: dict[str, Promise] = {
    "preparation": _("Loading the base, reading your clips, storing the files"),
    "training": _("Training"),
    "previews": _("Previews of the base and of your model"),
}


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


@dataclass(frozen=True)
class ClipsRoom:
    licences: list[LicenceChoice]
    datasets: list[DatasetChoice]
    licence: Licence | None
    dataset: Dataset | None

    @classmethod
    def of(cls, owner: User, licence: Licence | None, dataset: Dataset | None) -> "ClipsRoom":
        mine = [LicenceChoice(each, may_train(each.licence)) for each in holdings(held_by(owner))]
        useful = [each for each in mine if not each.no]
        chosen = licence or (useful[0].holding.licence if len(useful) == 1 else None)
        rows = owner.datasets.exclude(state=DatasetState.WITHDRAWN).order_by("-created_at").prefetch_related(first_clips())
        cards = [DatasetChoice(card, may_take(chosen, card.tally.ready) if chosen else None) for card in Card.all(rows)]
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
        return attestation.TEXTS[get_language() or settings.LANGUAGE_CODE]

    @property
    def too_many(self) -> No | None:
        return may_take(self.licence, self.tally.ready) if may_train(self.licence) is None else None

    @property
    def missing(self) -> bool:
        """Whether something has to happen to the files before they can be sealed."""
        return bool(self.tally.unsettled or self.tally.bare or not self.tally.ready)


@dataclass(frozen=True)
class Option:
    """`no`: the judge's sentence where the licence does not grant it."""

    code: str
    title: str
    no: No | None
    picked: bool


@dataclass(frozen=True)
class SettingsRoom:
    draft: Draft
    ground: Ground
    grants: Grants

    @classmethod
    def of(cls, draft: Draft, licence: Licence, dataset: Dataset) -> "SettingsRoom":
        return cls(draft, Ground.of(licence, dataset), Grants.of(licence.terms))

    @property
    def terms(self) -> Any:
        return self.ground.licence.terms

    @property
    def trigger(self) -> str:
        return str(self.draft.knobs.get("trigger", ""))

    @property
    def settled(self) -> bool:
        """Whether this page was sent before."""
        return "steps" in self.draft.knobs

    @cached_property
    def knobs(self) -> dict[str, Any]:
        usual = {} if self.settled else self.ground.presets[self.ground.usual(self.previews)]
        shape = {"width": self.ground.version.width, "height": self.ground.version.height}
        return {**shape, **usual, **self.draft.knobs}

    @cached_property
    def previews(self) -> list[dict[str, Any]]:
        if self.settled:
            return list(self.draft.previews)
        return [{"prompt": prompt, "seed": number} for number, prompt in enumerate(self.ground.prompts(self.trigger))]

    @property
    def prompts(self) -> int:
        """How many lines to offer."""
        return len(self.previews) + SPARE_PROMPTS

    @cached_property
    def initial(self) -> dict[str, Any]:
        filled = {f"prompt_{number}": each["prompt"] for number, each in enumerate(self.previews)}
        preset = self.ground.preset_of(self.knobs)
        name = self.draft.name or self._name
        return {**self.knobs, **self.use, **filled, "name": name, "seed": self.draft.seed, "preset": preset, "presets": self.ground.presets}

    @property
    def _name(self) -> str:
        base = self.ground.version.base.name
        what = self.trigger or self.ground.dataset.name
        return (gettext("%(what)s on %(base)s") % {"what": what, "base": base})[:200]

    @cached_property
    def use(self) -> dict[str, Any]:
        """What was declared here; else what her last project declared, as far as this licence grants it."""
        if self.draft.use:
            return dict(self.draft.use)
        last = Project.objects.filter(owner=self.draft.owner).order_by("-created_at").first()
        known = {"project": last.name, **last.declaration} if last else {}
        media = [code for code in known.get("media", MEDIA[:1]) if code not in self.grants.media]
        territories = [code for code in known.get("territories", [WORLD]) if code not in self.grants.territories]
        stage = known.get("stage", "")
        return {
            "project": known.get("project", self.ground.dataset.name),
            "stage": stage if stage in self.terms.stages else next((s for s in STAGES if s in self.terms.stages), ""),
            "media": media or list(self.terms.media[:1]),
            "territories": territories or list(self.terms.territories),
            "commercial": bool(known.get("commercial")) and self.grants.commerce is None,
        }

    @cached_property
    def offered(self) -> "Offered":
        try:
            return Offered(self.ground.offers({**self.knobs}, self.previews, self.draft.seed))
        except Refused as error:
            return Offered([], error.sentence)

    @property
    def own_offered(self) -> bool:
        return any(offer.key == OWN for offer in self.offered.offers)

    @property
    def limits(self) -> dict[str, int]:
        """The most of each number that the licence, or the base, takes."""
        terms = self.terms
        return {"steps": terms.max_steps, "rank": self.ground.largest_rank, "width": terms.max_resolution, "height": terms.max_resolution}


@dataclass(frozen=True)
class Offered:
    """`sentence`: why nothing can be forecast, in the engine's words."""

    offers: list[Offer]
    sentence: str = ""


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
        return cls(draft, quote, checks(licence, **asked), holding, expired=now >= quote.expires_at)

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
        low, likely, high = (self.quote.estimate[name] / self.quote.seconds * 100 for name in ("seconds_low", "seconds", "seconds_high"))
        return {"low": round(low, 2), "likely": round(likely, 2), "span": round(min(high, 100) - low, 2)}

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


@dataclass(frozen=True)
class Picks:
    """What may be declared, and what is. `far`: the countries that are listed last."""

    stage: list[Option]
    media: list[Option]
    world: Option
    near: list[Option]
    far: list[Option]

    @classmethod
    def of(cls, grants: Grants, stage: str, media: list[str], territories: list[str]) -> "Picks":
        said = words(tongue())
        far = {code: name for code, name in said.territories.items() if code not in (*NEAR, WORLD)}
        by_name = {name: code for code, name in far.items()}
        in_order = [by_name[name] for name in said.alphabetical(by_name)]

        def listed(names: Mapping[str, str], codes: Iterable[str], noes: dict[str, No], picked: list[str]) -> list[Option]:
            return [Option(code, names[code][0].upper() + names[code][1:], noes.get(code), code in picked) for code in codes]

        return cls(
            listed(said.stages, STAGES, grants.stages, [stage]),
            listed(said.media, MEDIA, grants.media, media),
            listed(said.territories, [WORLD], grants.territories, territories)[0],
            listed(said.territories, NEAR, grants.territories, territories),
            listed(said.territories, in_order, grants.territories, territories),
        )

    @property
    def stage_noes(self) -> list[No]:
        return [option.no for option in self.stage if option.no]

    @property
    def media_noes(self) -> list[No]:
        return [option.no for option in self.media if option.no]

    @property
    def far_picked(self) -> int:
        return sum(option.picked for option in self.far)
