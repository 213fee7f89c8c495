"""What others read of material: how much is taken, what was sealed, and the files for the engine."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from atelier.kit import store
from atelier.kit.refused import Refused
from atelier.kit.store import MATERIAL
from atelier.licences import consents
from atelier.licences.queries import database_now
from finetune.manifest import NAME, Clip, DatasetManifest

from .models import Asset, Consent, Dataset, Question
from .states import LIVE, AssetState, DatasetState, QuestionState


def bytes_taken(owner: UUID) -> int:
    """What a person's files hold of her quota. Removed and refused files and withdrawn datasets hold none."""
    live = Asset.objects.filter(dataset__owner=owner, state__in=LIVE).exclude(dataset__state=DatasetState.WITHDRAWN)
    return live.aggregate(total=Sum("bytes"))["total"] or 0


def counts(dataset: Dataset) -> dict[str, int]:
    """How many files stand in each state, removed ones aside."""
    rows = dataset.assets.exclude(state=AssetState.REMOVED).values_list("state").annotate(Count("id"))
    return dict(rows.order_by("state"))


@dataclass(frozen=True)
class Tally:
    """What is in a dataset, removed files aside. `bare`: usable files without a caption. `asked`: usable
    files about which a question is open. `untitled`: usable files of a studio's dataset that name no title yet. `bytes`: of the files that
    hold quota."""

    uploading: int
    checking: int
    ready: int
    refused: int
    bare: int
    asked: int
    untitled: int
    bytes: int

    @property
    def all(self) -> int:
        return self.uploading + self.checking + self.ready + self.refused

    @property
    def unsettled(self) -> int:
        return self.uploading + self.checking

    @property
    def before_refused(self) -> int:
        """Where the refused ones begin, in a drawing of all."""
        return self.ready + self.unsettled


READY = Q(state=AssetState.READY)
TALLY: dict[str, Any] = {
    **{state.value: Count("id", filter=Q(state=state)) for state in AssetState if state != AssetState.REMOVED},
    "bare": Count("id", filter=READY & Q(caption="")),
    "asked": Count("id", filter=READY & Q(question__state=QuestionState.OPEN)),
    "untitled": Count("id", filter=READY & Q(dataset__studio__isnull=False, title=None)),
    "bytes": Coalesce(Sum("bytes", filter=Q(state__in=LIVE)), 0),
}


def tally(dataset: Dataset) -> Tally:
    return Tally(**dataset.assets.aggregate(**TALLY))


def tallies(datasets: Iterable[Dataset]) -> dict[UUID, Tally]:
    """Of each dataset, in one question."""
    assets = Asset.objects.filter(dataset__in=[dataset.pk for dataset in datasets]).order_by()
    rows = assets.values("dataset").annotate(**TALLY).values_list("dataset", *TALLY)
    found = {pk: Tally(**dict(zip(TALLY, counts, strict=True))) for pk, *counts in rows}
    return {dataset.pk: found.get(dataset.pk, Tally(0, 0, 0, 0, 0, 0, 0, 0)) for dataset in datasets}


def preview_keys(asset: Asset) -> tuple[str, str]:
    """Keys of thumbnail and filmstrip in MATERIAL; the filmstrip's is empty for a still."""
    if asset.state != AssetState.READY or asset.dataset.state == DatasetState.WITHDRAWN:
        raise Refused("NO_PREVIEW", "There is a preview once the file has been checked, and until its dataset is withdrawn.")
    return asset.thumb_key, asset.filmstrip_key


def usable(dataset: Dataset) -> bool:
    """Whether trainings may use it now: sealed and not withdrawn. Reads the row again."""
    return Dataset.objects.filter(pk=dataset.pk, state=DatasetState.SEALED).exists()


def consent_of(dataset: Dataset) -> str:
    """Of licensing.context.CONSENTS: the worst over everybody who can be recognised in it. One outside its dates counts as missing."""
    questions = Question.objects.filter(asset__dataset=dataset, asset__state=AssetState.READY)
    if questions.filter(state=QuestionState.OPEN).exists():
        return "missing"
    tied = list(Consent.objects.filter(questions__in=questions.filter(state=QuestionState.CONSENTED)).distinct())
    if not tied:
        return "not_needed"
    if any(consent.withdrawn_at for consent in tied):
        return "withdrawn"
    today = database_now().date()
    return "given" if all(consent.holds_on(today) for consent in tied) else "missing"


@consents.tells
def consent_of_all(items: Collection[UUID]) -> str:
    """The same of every dataset among these ids."""
    return consents.worst([consent_of(dataset) for dataset in Dataset.objects.filter(pk__in=items)])


@consents.finds
def consents_behind(items: Collection[UUID]) -> set[UUID]:
    """Those that answer a question about a file of these datasets."""
    tied = Consent.objects.filter(questions__state=QuestionState.CONSENTED, questions__asset__dataset__in=items)
    return set(tied.exclude(questions__asset__state=AssetState.REMOVED).values_list("pk", flat=True))


def clip(asset: Asset) -> Clip:
    """The asset as the manifest names it: by its id, never by what its owner calls it."""
    return Clip(
        file=f"clips/{asset.public_id}{asset.suffix}",
        sha256=asset.sha256,
        bytes=asset.bytes,
        caption=asset.caption,
        kind=asset.kind,
        width=asset.width,
        height=asset.height,
        frames=asset.frames,
        fps=asset.fps,
    )


def manifest(dataset: Dataset) -> DatasetManifest:
    """The sealed manifest as stored, its root held against the row."""
    with TemporaryDirectory(prefix="atelier-manifest-") as folder:
        return _fetch_manifest(dataset, Path(folder))


def fetch(dataset: Dataset, folder: Path) -> DatasetManifest:
    """Writes manifest.json and clips/ into `folder` for the engine. Raises Refused when the dataset is not usable or the store is away."""
    if not usable(dataset):
        raise Refused("DATASET_NOT_USABLE", "This dataset is not sealed, or its owner withdrew it. Choose another one.")
    folder.mkdir(parents=True, exist_ok=True)
    sealed = _fetch_manifest(dataset, folder)
    keys = {clip(asset).file: asset.clean_key for asset in dataset.assets.filter(state=AssetState.READY)}
    for each in sealed.clips:
        if store.get_file(MATERIAL, keys[each.file], folder / each.file) != each.sha256:
            raise RuntimeError(f"{dataset}: the store gave back other bytes for {each.file} than were sealed")
    return sealed


def _fetch_manifest(dataset: Dataset, folder: Path) -> DatasetManifest:
    dataset.refresh_from_db(fields=["root", "manifest_key"])
    if not dataset.manifest_key:
        raise Refused("NOT_SEALED", "This dataset is not sealed yet.")
    store.get_file(MATERIAL, dataset.manifest_key, folder / NAME)
    sealed = DatasetManifest.load(folder)
    if sealed.root != dataset.root:
        raise RuntimeError(f"{dataset}: the stored manifest has another root than the row")
    return sealed
