"""A custom model as its pages show it: what it is, what it can do, and how it is used."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from atelier.catalog.models import BaseVersion, Offering
from atelier.catalog.poster import Poster, poster
from atelier.kit import ids
from atelier.licences.models import Licence
from atelier.licences.queries import against, judge
from licensing.context import Use
from licensing.judge import Action
from licensing.text import summary
from licensing.texts import words
from licensing.verdict import Verdict

from . import snippets
from .actions import filename
from .models import Artifact, ArtifactKind, CustomModel, Preview
from .states import ModelState

# What each layout is for; the first that is there is the one to take.
LAYOUTS: dict[str, Promise] = {
    "diffusers": _("For Python with the diffusers library."),
    "comfyui": _("For ComfyUI, and for tools that read the original names of the layers."),
    "kohya": _("For musubi-tuner and other tools that read kohya’s names."),
    "peft": _("For Python with the peft library alone."),
}
NAMES = {"diffusers": "Diffusers", "comfyui": "ComfyUI", "kohya": "Kohya", "peft": "PEFT"}
OTHERS: dict[str, Promise] = {
    ArtifactKind.SHEET: _("All previews on one picture, the base above yours."),
    ArtifactKind.MANIFEST: _("The engine’s own account of the run: settings, digests, losses, times."),
    ArtifactKind.PREVIEW: _("A preview clip."),
}


SAID: dict[str, Promise] = {"offering": _("Offer"), "base": _("Base model"), "training": _("Training"), "step": _("Step")}


@dataclass(frozen=True)
class File:
    """A line of the list of files."""

    artifact: Artifact
    name: str
    about: Promise | str

    @property
    def layout(self) -> str:
        return NAMES.get(self.artifact.layout, self.artifact.layout)


@dataclass(frozen=True)
class Pair:
    """The same prompt and seed before and after."""

    number: int
    prompt: str
    before: Preview | None
    after: Preview
    samples: tuple[Preview, ...]

    @property
    def comparable(self) -> bool:
        return self.before is not None

    @property
    def ids(self) -> list[tuple[Promise, str]]:
        """What the manifest in the clip names, in words."""
        named = self.after.credential.get("ids", {})
        return [(word, named[name]) for name, word in SAID.items() if name in named]


class Card:
    def __init__(self, model: CustomModel, language: str) -> None:
        self.model, self.language = model, language
        self.licence: Licence = model.licence
        self.manifest: dict[str, Any] = model.manifest
        self.knobs: dict[str, Any] = model.manifest.get("knobs", {})
        self.face: Preview | None = None

    @property
    def offering(self) -> Offering:
        return self.licence.revision.tier.offering

    @property
    def version(self) -> BaseVersion:
        return self.offering.version

    @property
    def poster(self) -> Poster:
        return poster(f"{self.model.public_id}")

    @property
    def trigger(self) -> str:
        return str(self.knobs.get("trigger", ""))

    @property
    def training(self) -> str:
        return ids.public("trn", self.model.training)

    @property
    def published(self) -> bool:
        return self.model.state == ModelState.PUBLISHED

    @property
    def size(self) -> tuple[int, int]:
        return self.knobs.get("width") or self.version.width, self.knobs.get("height") or self.version.height

    # What it makes.

    @cached_property
    def pairs(self) -> list[Pair]:
        rows = filter(self.model.shows, Preview.objects.filter(training=self.model.training))
        places: dict[int, list[Preview]] = {}
        for row in rows:
            places.setdefault(row.place, []).append(row)
        pairs = [(place, found, [row for row in found if row.step]) for place, found in sorted(places.items())]
        return [
            Pair(place + 1, mine[-1].prompt, next((row for row in found if not row.step), None), mine[-1], tuple(found))
            for place, found, mine in pairs
            if mine
        ]

    # What it consists of.

    @cached_property
    def artifacts(self) -> list[Artifact]:
        return list(self.model.artifacts.all())

    @property
    def weights(self) -> list[File]:
        order = list(LAYOUTS)
        found = [File(each, filename(each), LAYOUTS.get(each.layout, "")) for each in self.artifacts if each.kind == ArtifactKind.WEIGHTS]
        return sorted(found, key=lambda file: order.index(file.artifact.layout) if file.artifact.layout in order else len(order))

    @property
    def others(self) -> list[File]:
        kinds = (ArtifactKind.MANIFEST, ArtifactKind.SHEET)
        return [File(each, filename(each), OTHERS[each.kind]) for each in self.artifacts if each.kind in kinds]

    def weight(self, layout: str) -> File | None:
        return next((file for file in self.weights if file.artifact.layout == layout), None)

    # What its licence says now.

    @cached_property
    def download(self) -> Verdict:
        return judge(self.licence, Action.DOWNLOAD, self.model.owner, self.model.stands_on, use=Use(**self.model.use))

    @cached_property
    def watching(self) -> Verdict:
        return judge(self.licence, Action.PREVIEW, self.model.owner, self.model.stands_on)

    @property
    def shown(self) -> bool:
        """Whether its samples may be played."""
        return self.published and self.watching.ok

    @property
    def refusal(self) -> tuple[str, str] | None:
        """(why it cannot be downloaded, what to do); None when it can."""
        return against(self.download, self.language)

    @property
    def may(self) -> tuple[list[str], list[str]]:
        return summary(self.licence.terms, self.language)

    @property
    def use(self) -> dict[str, Any]:
        """The declared use, in words."""
        told = words(self.language)
        use = self.model.use
        return {
            "stage": told.say("stage", use["stage"]),
            "media": told.say("media", ", ".join(use["media"])),
            "territories": told.say("territories", ", ".join(use["territories"])),
            "commercial": use["commercial"],
        }

    # How it is used.

    @property
    def prompt(self) -> str:
        """One that it was shown with, led by the trigger word."""
        said = self.pairs[0].prompt if self.pairs else "a red circle moving right on a dark background"
        return said if not self.trigger or self.trigger in said else f"{self.trigger}, {said}"

    @property
    def sampling(self) -> dict[str, Any]:
        """How the base wants to be sampled."""
        native: dict[str, Any] = (self.version.facts or {}).get("native", {})
        return {
            "height": self.size[1],
            "width": self.size[0],
            "frames": self.knobs.get("frames") or self.version.frames,
            "fps": self.knobs.get("fps") or self.version.fps,
            "steps": native.get("sampling_steps"),
            "guidance": native.get("guidance"),
            "length": native.get("max_sequence_length"),
        }

    @property
    def diffusers(self) -> File | None:
        return self.weight("diffusers")

    @property
    def comfyui(self) -> File | None:
        return self.weight("comfyui")

    @property
    def python(self) -> str:
        file = self.diffusers
        return snippets.python(self.base_folder, file.name, self.prompt, self.sampling) if file else ""

    @property
    def comfyui_path(self) -> str:
        file = self.comfyui
        return f"ComfyUI/models/loras/{file.name}" if file else ""

    @property
    def shell(self) -> str:
        return snippets.shell(settings.PUBLIC_URL, self.model.public_id, self.weights[0]) if self.weights else ""

    @property
    def verify_commands(self) -> str:
        name = self.weights[0].name if self.weights else f"{self.model.public_id}.safetensors"
        return snippets.verify(settings.PUBLIC_URL, name, self.licence.number)

    @property
    def base_folder(self) -> str:
        return slugify(f"{self.offering.name}-{self.version.version}") or "base"

    @property
    def facts(self) -> dict[str, Any]:
        seconds: dict[str, float] = self.manifest.get("seconds", {})
        return {
            **{name: self.manifest.get(name) for name in ("steps", "validation_before", "validation_after")},
            **{name: self.knobs.get(name) for name in ("rank", "alpha", "learning_rate", "batch_size")},
            "clips": self.manifest.get("dataset", {}).get("windows"),
            "seconds": sum(seconds.values()) if seconds else None,
        }


def cards(models: Iterable[CustomModel], language: str) -> list[Card]:
    """With the last sample of each model's first prompt, in one query."""
    shown = [Card(model, language) for model in models]
    by_training: dict[UUID, Card] = {card.model.training: card for card in shown}
    for row in Preview.objects.filter(training__in=by_training, place=0, step__gt=0).order_by("step"):
        card = by_training[row.training]
        card.face = row if card.model.shows(row) else card.face
    return shown
