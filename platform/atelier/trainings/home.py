"""What a creator sees first, and all of her trainings."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Count, Min, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from atelier.accounts.door import person, signed_in
from atelier.accounts.models import User
from atelier.kit.language import tongue
from atelier.library.card import cards
from atelier.library.models import CustomModel
from atelier.licences.holdings import Holding, holdings, used_by
from atelier.material.limits import ABANDONED_AFTER
from atelier.material.models import Dataset
from atelier.material.states import AssetState, DatasetState

from . import drafting, queue
from .models import Draft, Training
from .states import OPEN, TrainingState
from .wizard import STEPS, step_of
from .wizard_checks import may_train

PER_PAGE = 20
FEW = 4
S = TrainingState
SHOWN = ("quote__dataset", "licence__revision__tier__offering__version__base")
# What the list can be narrowed to, by the word in its address.
FILTERS: dict[str, tuple[Promise, Q]] = {
    "": (_("All"), Q()),
    "running": (_("Under way"), Q(state__in=OPEN)),
    "done": (_("Done"), Q(state=S.DONE)),
    "stopped": (_("Cancelled"), Q(state=S.CANCELLED)),
    "failed": (_("Ended otherwise"), Q(state__in=(S.REJECTED, S.FAILED_USER, S.FAILED_SYSTEM))),
}


@dataclass(frozen=True)
class Run:
    """A training as a line shows it."""

    training: Training

    @property
    def open(self) -> bool:
        return self.training.state in OPEN

    @property
    def failed(self) -> bool:
        return self.training.state in (S.REJECTED, S.FAILED_USER, S.FAILED_SYSTEM)

    @property
    def position(self) -> int | None:
        return queue.position(self.training)

    @property
    def left(self) -> float | None:
        """Seconds that it may still take, from its estimate; unknown before the first step."""
        row = self.training
        return row.quote.estimate["seconds"] * (1 - row.step / row.steps) if row.state == S.RUNNING and row.step else None

    @property
    def seconds(self) -> float | None:
        """From its start to its end; unknown while it goes on."""
        return None if self.open else (self.training.since - self.training.created_at).total_seconds()


@dataclass(frozen=True)
class Unfinished:
    """A draft and where it goes on."""

    draft: Draft
    step: Promise
    number: int
    address: str

    @classmethod
    def of(cls, draft: Draft) -> "Unfinished":
        step = step_of(draft)
        return cls(draft, STEPS[step], list(STEPS).index(step) + 1, reverse(f"draft-{step}", args=[draft.public_id]))


@dataclass(frozen=True)
class Upload:
    """A dataset whose files have not all arrived. `until`: when the first of them is given up."""

    dataset: Dataset
    files: int
    until: datetime


class Next(StrEnum):
    LICENCE, CLIPS, SEAL, TRAIN, WATCH = "licence", "clips", "seal", "train", "watch"


@dataclass(frozen=True)
class Ground:
    """What she can train with. The first of each is what a button starts with when there is no other."""

    holdings: list[Holding]
    sealed: list[Dataset]
    open: list[Dataset]

    @classmethod
    def of(cls, owner: User) -> "Ground":
        useful = [each for each in holdings(used_by(owner)) if may_train(each.licence) is None and not each.spent]
        rows = owner.datasets.order_by("-created_at")
        sealed, unsealed = (list(rows.filter(state=state)) for state in (DatasetState.SEALED, DatasetState.OPEN))
        return cls(useful, sealed, unsealed)

    @property
    def single(self) -> bool:
        """Whether there is nothing to choose."""
        return len(self.holdings) == 1 and len(self.sealed) == 1 and not self.open

    @property
    def path(self) -> list[tuple[str, bool, bool]]:
        """The way to a model: name, whether it is behind her, and whether it is what comes next."""
        done = {"licence": bool(self.holdings), "clips": bool(self.sealed), "training": False}
        here = next(name for name, behind in done.items() if not behind)
        return [(name, behind, name == here) for name, behind in done.items()]

    def next(self, running: Iterable[Training]) -> Next:
        if not self.holdings:
            return Next.LICENCE
        if self.sealed:
            return Next.WATCH if running else Next.TRAIN
        return Next.SEAL if self.open else Next.CLIPS


@signed_in
@require_safe
def home(request: HttpRequest) -> HttpResponse:
    owner = person(request)
    running = list(_trainings(owner).filter(state__in=OPEN).order_by("created_at"))
    ground = Ground.of(owner)
    mine = used_by(owner)
    shown: dict[str, Any] = {
        "running": [Run(row) for row in running],
        "drafts": [Unfinished.of(row) for row in _drafts(owner)[:FEW]],
        "uploads": _uploads(owner),
        "cards": cards(_models(owner)[:FEW], tongue()),
        "holdings": sorted(holdings(mine), key=lambda held: not held.working)[:FEW],
        "licences": mine.count(),
        "ground": ground,
        "next": ground.next(running).value,
        "path": ground.path,
    }
    return render(request, "trainings/home.html", shown)


@signed_in
@require_safe
def trainings(request: HttpRequest) -> HttpResponse:
    owner, asked = person(request), request.GET.get("state", "")
    narrowed = asked if asked in FILTERS else ""
    wanted = {name or "all": Count("id", filter=which) for name, (_title, which) in FILTERS.items()}
    counts = Training.objects.filter(owner=owner).aggregate(**wanted)
    page = Paginator(_trainings(owner).filter(FILTERS[narrowed][1]).order_by("-created_at"), PER_PAGE).get_page(request.GET.get("page"))
    filters = [(name, title, counts[name or "all"]) for name, (title, _which) in FILTERS.items()]
    shown = {"page": page, "runs": [Run(row) for row in page], "filters": filters, "narrowed": narrowed, "ground": Ground.of(owner)}
    return render(request, "trainings/list.html", shown)


def _trainings(owner: User) -> QuerySet[Training]:
    return Training.objects.filter(owner=owner).select_related(*SHOWN)


def _models(owner: User) -> QuerySet[CustomModel]:
    rows = CustomModel.objects.filter(owner=owner).select_related("owner", "licence__revision__tier__offering__version")
    return rows.order_by("-created_at")


def _drafts(owner: User) -> QuerySet[Draft]:
    rows = drafting.open_drafts(owner).select_related("dataset", "licence__revision__tier__offering")
    return rows.order_by("-changed_at")


def _uploads(owner: User) -> list[Upload]:
    under_way = Q(assets__state=AssetState.UPLOADING)
    rows = owner.datasets.filter(under_way, state=DatasetState.OPEN).annotate(files=Count("assets"), oldest=Min("assets__created_at"))
    return [Upload(row, row.files, row.oldest + ABANDONED_AFTER) for row in rows.order_by("-oldest")]
