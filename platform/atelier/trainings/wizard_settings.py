"""What the wizard's third page shows beside its form: what was set or is usual, the presets, and what each would take."""

from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

from django.utils.translation import gettext

from atelier.kit.refused import Refused
from atelier.licences.models import Licence
from atelier.licences.queries import seconds_left
from atelier.material.models import Dataset
from licensing.terms import MEDIA, STAGES
from licensing.territories import WORLD

from . import pricing
from .forms import SettingsForm
from .models import Draft, Project
from .wizard_checks import Grants, No, too_little_time
from .wizard_offers import OWN, SPARE_PROMPTS, Ground, Offer


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
            return Offered([], error.told())

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
    """`sentence`: why nothing can be forecast."""

    offers: list[Offer]
    sentence: str = ""


@dataclass(frozen=True)
class Guess:
    """What some numbers would take, or why that cannot be told. Nothing of it is kept; the quote is what counts."""

    forecast: pricing.Forecast | None = None
    left: int = 0
    noes: tuple[No, ...] = ()
    sentence: str = ""

    @classmethod
    def of(cls, ground: Ground, knobs: dict[str, Any], previews: list[dict[str, Any]], seed: int) -> "Guess":
        try:
            found = ground.forecast(knobs, previews, seed)
        except Refused as error:
            return cls(sentence=error.told())
        left = seconds_left(ground.licence)
        return cls(found, left, tuple(too_little_time(ground.licence, found.seconds, left)))

    @classmethod
    def beside(cls, room: SettingsRoom, form: SettingsForm) -> "Guess":
        """Of the numbers that the form shows. Of what was typed, only what decides the time has to be right for it."""
        if not form.is_bound:
            return cls.of(room.ground, room.knobs, room.previews, room.draft.seed)
        deciding = [form["preset"], *form.numbers, *form.prompts]
        if wrong := [f"{field.label}: {error}" for field in deciding for error in field.errors]:
            return cls(sentence=wrong[0])
        draft = room.draft
        return cls.of(room.ground, {**draft.knobs, **form.knobs}, form.previews(draft.previews), form.cleaned_data["seed"])

    @property
    def band(self) -> dict[str, float]:
        """The estimate's interval in hundredths of the ceiling."""
        assert self.forecast
        return pricing.band(asdict(self.forecast.estimate), self.forecast.seconds)

    @property
    def after(self) -> int:
        """What would be left of the licence's time, if it took all that it can."""
        assert self.forecast
        return self.left - self.forecast.seconds
