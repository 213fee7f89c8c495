"""Presets, fitted to a licence and a base, and what each would take: from the same estimate as the quote."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from atelier.catalog.models import BaseVersion
from atelier.catalog.outline import facts_of
from atelier.kit.refused import Refused
from atelier.licences.models import Licence
from atelier.licences.queries import seconds_left
from atelier.material import queries as material
from atelier.material.models import Dataset
from finetune.families import layout
from finetune.manifest import Clip, DatasetManifest

from . import actions, pricing
from .wizard_checks import No, too_little_time

QUICK, BALANCED, THOROUGH, OWN = "quick", "balanced", "thorough", "own"
SHARED: dict[str, Any] = {"batch_size": 4, "caption_dropout": 0.1}
PRESETS: dict[str, dict[str, Any]] = {
    QUICK: {**SHARED, "steps": 100, "rank": 8, "learning_rate": 0.003, "checkpoint_every": 25},
    BALANCED: {**SHARED, "steps": 400, "rank": 16, "learning_rate": 0.002, "checkpoint_every": 50},
    THOROUGH: {**SHARED, "steps": 1200, "rank": 32, "learning_rate": 0.001, "checkpoint_every": 100},
}
TITLES: dict[str, tuple[Promise, Promise]] = {
    QUICK: (_("Quick look"), _("Is the idea worth it? A first impression of your look.")),
    BALANCED: (_("Balanced"), _("Enough for most looks, from a few dozen clips.")),
    THOROUGH: (_("Thorough"), _("For a look that is hard to learn, and many clips.")),
    OWN: (_("Your own numbers"), _("What you typed under “Every number”.")),
}
PROMPTS, SPARE_PROMPTS = 3, 1
# How many times a run shows its previews, the end included.
PREVIEWS = 4


@dataclass(frozen=True)
class Offer:
    """A choice with its forecast. `seconds` is the ceiling; `most` is the longest of all, to draw against."""

    key: str
    title: Promise
    about: Promise
    knobs: dict[str, Any]
    forecast: pricing.Forecast
    noes: list[No]
    most: float

    @property
    def low_width(self) -> float:
        """In hundredths of the drawing."""
        return round(self.forecast.estimate.seconds_low / self.most * 100, 2)

    @property
    def span_width(self) -> float:
        return round((self.forecast.estimate.seconds_high - self.forecast.estimate.seconds_low) / self.most * 100, 2)

    @property
    def likely(self) -> float:
        return round(self.forecast.estimate.seconds / self.most * 100, 2)


@dataclass(frozen=True)
class Ground:
    """A licence and a sealed dataset: what presets are fitted to and forecasts are made from."""

    licence: Licence
    dataset: Dataset
    manifest: DatasetManifest

    @classmethod
    def of(cls, licence: Licence, dataset: Dataset) -> "Ground":
        return cls(licence, dataset, material.manifest(dataset))

    @property
    def version(self) -> BaseVersion:
        return self.licence.revision.tier.offering.version

    @cached_property
    def largest_rank(self) -> int:
        """Within the terms and the base's layers."""
        ends = tuple(f".{target}" for target in layout(self.version.family).targets)
        adapted = [min(sides) for name, sides in facts_of(self.version).layers.items() if name.endswith(ends)]
        return min([self.licence.terms.max_rank, *adapted])

    @cached_property
    def multiple(self) -> int:
        """What the base needs width and height to be multiples of."""
        return int(facts_of(self.version).multiple)

    @cached_property
    def presets(self) -> dict[str, dict[str, Any]]:
        """Those that differ once they are fitted."""
        fitted = {name: self._fitted(knobs) for name, knobs in PRESETS.items()}
        first = {knobs["steps"]: name for name, knobs in reversed(fitted.items())}
        return {name: knobs for name, knobs in fitted.items() if first[knobs["steps"]] == name}

    def usual(self, previews: list[dict[str, Any]]) -> str:
        """The preset to begin with: the balanced one, or the quick one where no more training time is left."""
        balanced = self.presets.get(BALANCED)
        if balanced is None:
            return QUICK
        try:
            return BALANCED if self.forecast(balanced, previews, 0).seconds <= seconds_left(self.licence) else QUICK
        except Refused:  # whatever is picked: the page tells why
            return BALANCED

    def _fitted(self, knobs: dict[str, Any]) -> dict[str, Any]:
        steps = min(knobs["steps"], self.licence.terms.max_steps)
        rank = min(knobs["rank"], self.largest_rank)
        every = min(knobs["checkpoint_every"], max(1, steps // 3))
        shape = {"width": self.version.width, "height": self.version.height, "preview_every": max(every, -(-steps // PREVIEWS))}
        return {**knobs, **shape, "steps": steps, "rank": rank, "alpha": float(rank), "checkpoint_every": every}

    def preset_of(self, knobs: dict[str, Any]) -> str:
        """Which preset these numbers are."""
        return next((name for name, same in self.presets.items() if all(knobs.get(key) == same[key] for key in same)), OWN)

    def prompts(self, trigger: str) -> list[str]:
        """Captions to try: the first three scenes that differ, with the trigger word in front."""
        different = list(dict.fromkeys(clip.caption for clip in self.clips))[:PROMPTS]
        return [caption if trigger.lower() in caption.lower() else f"{trigger} {caption}" for caption in different]

    @property
    def clips(self) -> tuple[Clip, ...]:
        return self.manifest.clips

    def forecast(self, knobs: dict[str, Any], previews: list[dict[str, Any]], seed: int) -> pricing.Forecast:
        job = actions.job_of(self.licence, self.manifest, "forecast", knobs, previews, seed)
        return pricing.forecast(job, self.version, self.manifest)

    def offers(self, knobs: dict[str, Any], previews: list[dict[str, Any]], seed: int) -> list[Offer]:
        """The presets, and these numbers where they are none. Raises Refused with the engine's sentence."""
        kept = {name: value for name, value in knobs.items() if name not in PRESETS[BALANCED]}
        wished = {name: {**kept, **preset} for name, preset in self.presets.items()}
        if knobs and self.preset_of(knobs) == OWN:
            wished[OWN] = knobs
        found = {name: self.forecast(each, previews, seed) for name, each in wished.items()}
        most = max(each.estimate.seconds_high for each in found.values())
        left = seconds_left(self.licence)
        return [
            Offer(name, *TITLES[name], wished[name], each, too_little_time(self.licence, each.seconds, left), most)
            for name, each in found.items()
        ]
