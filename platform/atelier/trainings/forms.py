"""What is typed into the wizard, understood. Whether a licence grants it the judge says; whether it can be trained, the engine."""

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from atelier.kit.refused import Refused
from licensing.terms import MEDIA, STAGES
from licensing.territories import TERRITORIES, WORLD

from . import sweeps
from .models import Draft
from .wizard_checks import advice
from .wizard_offers import OWN

NEW = "new"
LONGEST_NAME, LONGEST_TRIGGER, LONGEST_PROMPT = 200, 80, 4000
MOST_PROMPTS = 16
# Fields that make up the numbers of a run.
NUMBERS = ("steps", "rank", "alpha", "learning_rate", "batch_size", "caption_dropout", "checkpoint_every", "width", "height")
# What the runs of a sweep may differ in.
SWEPT = ("rank", "learning_rate", "steps", "batch_size", "caption_dropout", "seed")
# Which field says what a clause of the terms limits.
FIELD_OF = {
    "stages": "stage",
    "media": "media",
    "territories": "territories",
    "commercial": "commercial",
    "max_rank": "rank",
    "max_steps": "steps",
    "max_resolution": "width",
    "training_seconds": "steps",
}


class ClipsForm(forms.Form):
    licence = forms.ChoiceField(label=_("Licence"), error_messages={"required": _("Choose the licence to train under.")})
    dataset = forms.ChoiceField(label=_("Dataset"), error_messages={"required": _("Choose a dataset, or open a new one.")})
    name = forms.CharField(label=_("Name of the new dataset"), max_length=LONGEST_NAME, required=False)

    def __init__(self, *args: Any, licences: list[str], datasets: list[str], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["licence"].choices = [(each, each) for each in licences]  # type: ignore[attr-defined]
        self.fields["dataset"].choices = [(each, each) for each in [*datasets, NEW]]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("dataset") == NEW and not found.get("name"):
            self.add_error("name", gettext("Give the new dataset a name, so that you find it again."))
        return found


class TriggerForm(forms.Form):
    trigger = forms.CharField(label=_("Trigger word"), max_length=LONGEST_TRIGGER, required=False)


class SettingsForm(forms.Form):
    """`initial` is what the page showed: a number that differs from it was typed, and counts beside whatever preset is picked."""

    name = forms.CharField(label=_("Name of your model"), max_length=LONGEST_NAME)
    project = forms.CharField(label=_("Project"), max_length=LONGEST_NAME)
    stage = forms.ChoiceField(label=_("Stage of production"), choices=[(each, each) for each in STAGES])
    media = forms.MultipleChoiceField(  # type: ignore[assignment]  # a form's own `media` is for scripts; ours is read as form["media"]
        label=_("Media"), choices=[(each, each) for each in MEDIA], error_messages={"required": _("Name at least one medium.")}
    )
    territories = forms.MultipleChoiceField(
        label=_("Territories"),
        choices=[(each, each) for each in sorted(TERRITORIES)],
        error_messages={"required": _("Name at least one country, or the whole world.")},
    )
    commercial = forms.BooleanField(label=_("Commercial use"), required=False)
    preset = forms.ChoiceField(label=_("How thorough"))
    steps = forms.IntegerField(label=_("Steps"), min_value=1, max_value=100_000)
    rank = forms.IntegerField(label=_("Rank"), min_value=1, max_value=1024)
    alpha = forms.FloatField(label=_("Alpha"), min_value=0.001, max_value=4096, required=False)
    learning_rate = forms.FloatField(label=_("Learning rate"), min_value=1e-8, max_value=1)
    batch_size = forms.IntegerField(label=_("Clips per step"), min_value=1, max_value=256)
    caption_dropout = forms.FloatField(label=_("Captions left out"), min_value=0, max_value=1)
    checkpoint_every = forms.IntegerField(label=_("Steps between checkpoints"), min_value=1, max_value=100_000)
    width = forms.IntegerField(label=_("Width in pixels"), min_value=16, max_value=4096)
    height = forms.IntegerField(label=_("Height in pixels"), min_value=16, max_value=4096)
    seed = forms.IntegerField(label=_("Seed"), min_value=0, max_value=2**53 - 1)

    def __init__(self, *args: Any, prompts: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["preset"].choices = [(each, each) for each in [*self.initial["presets"], OWN]]  # type: ignore[attr-defined]
        for number in range(min(prompts, MOST_PROMPTS)):
            self.fields[f"prompt_{number}"] = forms.CharField(
                label=gettext("Preview %(number)s") % {"number": number + 1},
                max_length=LONGEST_PROMPT,
                required=False,
                widget=forms.Textarea(attrs={"rows": 2, "dir": "auto"}),
            )

    def clean_territories(self) -> list[str]:
        """The whole world holds every country."""
        asked: list[str] = self.cleaned_data["territories"]
        return [WORLD] if WORLD in asked else asked

    @property
    def prompts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("prompt_")]

    @property
    def numbers(self) -> list[forms.BoundField]:
        return [self[name] for name in (*NUMBERS, "seed")]

    @property
    def use(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("project", "stage", "media", "territories", "commercial")}

    @property
    def knobs(self) -> dict[str, Any]:
        """The picked preset's numbers under those that were typed."""
        typed = {name: self.cleaned_data[name] for name in NUMBERS}
        if typed["alpha"] is None:
            typed["alpha"] = float(typed["rank"])
        picked = self.cleaned_data["preset"]
        if picked == OWN:
            return typed
        kept = {name: value for name, value in typed.items() if name in self.changed_data}
        return {**typed, **self.initial["presets"][picked], **kept}

    def previews(self, before: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Each prompt keeps the seed that it had; a new one is numbered."""
        asked = [(number, self.cleaned_data[name]) for number, name in enumerate(n for n in self.fields if n.startswith("prompt_"))]
        seeds = {number: each["seed"] for number, each in enumerate(before)}
        return [{"prompt": prompt, "seed": seeds.get(number, number)} for number, prompt in asked if prompt]

    def refused(self, error: Refused) -> None:
        """Puts the judge's or the engine's sentence beside the field that it is about, or above all where it is about none."""
        field = error.extra.get("field", "").removeprefix("knobs.") or FIELD_OF.get(error.extra.get("clause") or "")
        self.add_error(field if field in self.fields else None, f"{error.told()} {advice(error.code)}".strip())


class SweepForm(forms.Form):
    """Its cleaned data are what `sweeps.lay` takes: `setting` and `values`."""

    setting = forms.ChoiceField(label=_("What they differ in"), choices=[(name, SettingsForm.base_fields[name].label) for name in SWEPT])

    def __init__(self, *args: Any, draft: Draft, **more: Any) -> None:
        super().__init__(*args, **more)
        self.draft = draft
        for number in range(sweeps.MOST):
            self.fields[f"value_{number}"] = forms.FloatField(
                label=gettext("Value of run %(number)s") % {"number": number + 1}, required=number < sweeps.FEWEST, min_value=0
            )

    @property
    def values(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("value_")]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        setting, typed = found.get("setting", ""), [found.get(f"value_{number}") for number in range(sweeps.MOST)]
        values = [value for value in typed if value is not None]
        if len(set(values)) < len(values):
            self.add_error(None, gettext("Two of the values are the same: each run should differ."))
        whole = setting == "seed" or isinstance(self.draft.knobs.get(setting), int)
        if whole and any(value != int(value) for value in values):
            self.add_error(None, gettext("This setting takes whole numbers."))
        return {"setting": setting, "values": values}
