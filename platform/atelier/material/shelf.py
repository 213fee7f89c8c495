"""Datasets and their files as pages show them: what to say of each, and what comes next."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext

from . import limits, queries
from .models import Asset, Dataset, Question
from .problems import told
from .queries import Tally
from .states import AssetState, DatasetState, QuestionState

PER_PAGE = 24
IN_STRIP = 5
# Of a list of names; the rest are counted.
NAMES_SHOWN = 12
# What a reader may narrow the files to.
SHOWS: dict[str, Q] = {
    # Unfinished uploads stand where files are sent.
    "all": ~Q(state=AssetState.UPLOADING),
    "problems": Q(state=AssetState.REFUSED),
    "uncaptioned": Q(state=AssetState.READY, caption=""),
    "asked": Q(state=AssetState.READY, question__state=QuestionState.OPEN),
    "unfinished": Q(state__in=(AssetState.UPLOADING, AssetState.CHECKING)),
}
SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".png", ".jpg", ".jpeg", ".webp")


def first_clips() -> "Prefetch[str, QuerySet[Asset], str]":
    return Prefetch("assets", Asset.objects.filter(state=AssetState.READY).order_by("id")[:IN_STRIP], to_attr="strip")


@dataclass(frozen=True)
class Card:
    """A dataset in the list."""

    dataset: Dataset
    tally: Tally

    @classmethod
    def all(cls, datasets: Iterable[Dataset]) -> list[Self]:
        rows = list(datasets)
        found = queries.tallies(rows)
        return [cls(row, found[row.pk]) for row in rows]

    @property
    def next(self) -> str:
        return next_step(self.dataset, self.tally)

    @property
    def strip(self) -> list[Asset]:
        withdrawn = self.dataset.state == DatasetState.WITHDRAWN
        return [] if withdrawn else self.dataset.strip  # type: ignore[attr-defined]  # by first_clips()


def next_step(dataset: Dataset, tally: Tally) -> str:
    """The one thing to do now, as a word that templates know."""
    if dataset.state != DatasetState.OPEN:
        return "train" if dataset.state == DatasetState.SEALED else ""
    if tally.checking:
        return "wait"
    if tally.uploading:
        return "resume"
    if not tally.ready:
        return "bring"
    if tally.bare:
        return "caption"
    if tally.untitled:
        return "titles"
    return "people" if tally.asked else "seal"


@dataclass(frozen=True)
class Clip:
    """A file as its card shows it."""

    asset: Asset

    @property
    def id(self) -> str:
        return self.asset.public_id

    @property
    def problem(self) -> str:
        return told(self.asset.problem, self.asset.problem_sentence)

    @property
    def usable(self) -> bool:
        return self.asset.state == AssetState.READY

    @property
    def question(self) -> Question | None:
        """Whether somebody can be recognised in it, where that was asked."""
        return getattr(self.asset, "question", None)


@dataclass(frozen=True)
class Clips:
    """A page of a dataset's files, narrowed as the reader asked. `at`: the page that she is on, for forms to come back to."""

    dataset: Dataset
    tally: Tally
    show: str
    page: Page[Asset]
    at: str

    @classmethod
    def asked(cls, dataset: Dataset, request: HttpRequest) -> Self:
        show = request.GET.get("show", "all")
        show = show if show in SHOWS else "all"
        files = dataset.assets.filter(SHOWS[show]).exclude(state=AssetState.REMOVED).select_related("question", "title").order_by("-id")
        page = Paginator(files, PER_PAGE).get_page(request.GET.get("page"))
        return cls(dataset, queries.tally(dataset), show, page, _at(request))

    @property
    def cards(self) -> list[Clip]:
        return [Clip(asset) for asset in self.page]

    @property
    def open(self) -> bool:
        return self.dataset.state == DatasetState.OPEN

    @property
    def filters(self) -> list[tuple[str, str, int]]:
        """Name, words and count of each narrowing that would show something."""
        tally = self.tally
        named = [
            ("all", gettext("All clips"), tally.all - tally.uploading),
            ("uncaptioned", gettext("Without a caption"), tally.bare),
            ("asked", gettext("Somebody recognisable?"), tally.asked),
            ("problems", gettext("Not usable"), tally.refused),
            ("unfinished", gettext("Unfinished"), tally.unsettled),
        ]
        return [each for each in named if each[2] or each[0] == self.show]

    @property
    def query(self) -> str:
        return urlencode({"show": self.show, "page": self.page.number, "at": self.at})

    @property
    def every(self) -> int:
        """Seconds after which to look again; 0 when nothing will change by itself."""
        return 2 if self.tally.checking else 15 if self.tally.uploading else 0

    @property
    def next(self) -> str:
        return next_step(self.dataset, self.tally)


@dataclass(frozen=True)
class Room:
    """How much of her quota a person has taken."""

    taken: int
    most: int = limits.BYTES_PER_PERSON

    @property
    def left(self) -> int:
        return max(0, self.most - self.taken)


def unfinished(dataset: Dataset) -> QuerySet[Asset]:
    return dataset.assets.filter(state=AssetState.UPLOADING).order_by("id")


def _at(request: HttpRequest) -> str:
    """The page's path: of the page itself, or as a part of it that is asked for alone repeats it."""
    at = request.GET.get("at", "")
    here = url_has_allowed_host_and_scheme(at, None) and at.startswith("/")
    return at if here else request.path
