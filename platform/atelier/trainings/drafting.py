"""What the wizard does with a draft.

Every change names the version that its page showed. A draft's quote stands for exactly what is in the draft.
"""

from typing import Any

from django.db import transaction

from atelier.accounts.models import User
from atelier.kit.ids import not_found
from atelier.kit.refused import Refused
from atelier.licences.models import Licence
from atelier.licences.queries import database_now, permit
from atelier.licences.seats import require_use
from atelier.material import actions as material
from atelier.material import meant
from atelier.material.models import Dataset
from atelier.material.queries import counts
from atelier.material.states import AssetState, DatasetState
from licensing.judge import Action

from . import actions, queue
from .models import Draft, Project, Quote, Training

CHANGED, STARTED = "draft_changed", "draft_started"
# What a job takes from its base unless told otherwise: it means nothing on another base.
OF_ITS_BASE = ("height", "width", "frames", "fps", "targets")


@transaction.atomic
def open_draft(*, owner: User, licence: Licence | None = None, dataset: Dataset | None = None) -> Draft:
    """The draft that she has for these already, or a new one: a second click finds what the first one opened."""
    _one_at_a_time(owner)
    _require_hers(owner, licence, dataset)
    known = open_drafts(owner).filter(licence=licence, dataset=dataset).order_by("-changed_at").first()
    return known or Draft.objects.create(owner=owner, licence=licence, dataset=dataset)


@transaction.atomic
def copy(*, training: Training, by: User, on: bool = False) -> Draft:
    """A draft of the same training again: licence, dataset, declared use, settings and previews. `on`: it begins with what this learned."""
    _one_at_a_time(by)
    quote = training.quote
    same: dict[str, Any] = {
        "licence": quote.licence,
        "dataset": quote.dataset,
        "name": quote.name,
        "use": {"project": quote.project.name, **quote.project.declaration},
        "knobs": quote.knobs,
        "previews": quote.previews,
        "seed": quote.seed,
        "origin": queue.model_of(training) if on else None,
    }
    known = open_drafts(by).filter(version=1, **same).first()
    return known or Draft.objects.create(owner=by, **same)


@transaction.atomic
def choose(*, draft: Draft, version: int, licence: Licence | None, dataset: Dataset | None) -> Draft:
    row = _locked(draft, version)
    _require_hers(row.owner, licence, dataset)
    if (licence, dataset) == (row.licence, row.dataset):
        return row
    if dataset and dataset.licence not in (None, licence) and dataset.state == DatasetState.OPEN:
        meant.mean(dataset=dataset, licence=licence)
    moved = licence and row.licence and licence.version_id != row.licence.version_id
    knobs = {name: value for name, value in row.knobs.items() if not (moved and name in OF_ITS_BASE)}
    origin = row.origin if licence == row.licence else None
    return _changed(row, licence=licence, dataset=dataset, knobs=knobs, origin=origin)


@transaction.atomic
def gather(*, draft: Draft, version: int, licence: Licence | None, name: str) -> Draft:
    """Opens a new dataset for this draft; the studio's, where she trains in house."""
    row = _locked(draft, version)
    studio = licence.studio if licence and licence.revision.tier.offering.in_house else None
    dataset = material.open_dataset(owner=row.owner, name=name, studio=studio, licence=licence)
    return choose(draft=row, version=version, licence=licence, dataset=dataset)


@transaction.atomic
def call(*, draft: Draft, version: int, trigger: str) -> Draft:
    """Sets the trigger word; empty for none."""
    row = _locked(draft, version)
    if row.knobs.get("trigger", "") == trigger:
        return row
    return _changed(row, knobs={**row.knobs, "trigger": trigger})


@transaction.atomic
def seal(*, draft: Draft, version: int, trigger: str, text_hash: str) -> material.Sealed:
    """Attests and seals the draft's dataset, if the licence lets so many clips be trained on."""
    row = call(draft=draft, version=version, trigger=trigger)
    licence, dataset = _chosen(row)
    if dataset.state == DatasetState.SEALED:  # in another tab
        return material.Sealed(dataset, [])
    permit(licence, Action.SEAL, row.owner, (dataset.pk,), clips=counts(dataset).get(AssetState.READY, 0))
    material.attest(dataset=dataset, text_hash=text_hash)
    return material.seal(dataset=dataset)


@transaction.atomic
def settle(
    *,
    draft: Draft,
    version: int,
    name: str,
    use: dict[str, Any],
    knobs: dict[str, Any],
    previews: list[dict[str, Any]],
    seed: int,
) -> Draft:
    """Keeps the settings and asks for their quote: both, or neither. `use` is a project's name and declaration."""
    row = _changed(_locked(draft, version), name=name, use=use, knobs=knobs, previews=previews, seed=seed)
    return _quoted(row)


@transaction.atomic
def renew(*, draft: Draft, version: int) -> Draft:
    """A new quote for what stands in the draft."""
    return _quoted(_locked(draft, version))


@transaction.atomic
def start(*, draft: Draft, quote: Quote, by: User) -> Training:
    """Starts the quote that the page showed. Again, it finds the training that was started."""
    row = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    if started := row.training:
        return started
    if row.quote_id != quote.pk:
        raise _stale()
    return actions.start(quote=quote, by=by)


@transaction.atomic
def discard(*, draft: Draft) -> None:
    """Throws the draft away. Its dataset and its quote's project stay."""
    row = Draft.objects.select_for_update(of=("self",)).get(pk=draft.pk)
    _require_open(row)
    row.delete()


def open_drafts(owner: User) -> "Any":
    """Drafts that have not become a training."""
    return Draft.objects.filter(owner=owner, quote__training=None)


def _one_at_a_time(person: User) -> None:
    User.objects.select_for_update(no_key=True).get(pk=person.pk)


def _locked(draft: Draft, version: int) -> Draft:
    row = Draft.objects.select_for_update(of=("self",)).filter(pk=draft.pk).first()
    if row is None:  # thrown away in another tab
        raise not_found()
    _require_open(row)
    if row.version != version:
        raise _stale()
    return row


def _require_open(row: Draft) -> None:
    if row.training:
        raise Refused(STARTED, "This draft has become a training. Train again from its page.")


def _stale() -> Refused:
    return Refused(CHANGED, "This draft was changed elsewhere, perhaps in another tab. Check it and send it again.")


def _require_hers(owner: User, licence: Licence | None, dataset: Dataset | None) -> None:
    if licence:
        require_use(licence, owner)
    if dataset and dataset.owner_id != owner.pk:
        raise not_found()


def _chosen(row: Draft) -> tuple[Licence, Dataset]:
    if row.licence is None or row.dataset is None:
        raise Refused("draft_unfinished", "Choose a licence and a dataset first.")
    return row.licence, row.dataset


def _changed(row: Draft, **changes: Any) -> Draft:
    """Writes the changes; a quote for what stood there before no longer counts."""
    for name, value in {"quote": None, **changes}.items():
        setattr(row, name, value)
    row.version, row.changed_at = row.version + 1, database_now()
    row.save()
    return row


def project_of(row: Draft) -> Project:
    """Of the draft's declared use."""
    return _project(row.owner, **row.use)


def _quoted(row: Draft) -> Draft:
    licence, dataset = _chosen(row)
    asked = actions.quote(
        owner=row.owner,
        licence=licence,
        dataset=dataset,
        project=project_of(row),
        name=row.name,
        knobs=row.knobs,
        previews=row.previews,
        seed=row.seed,
        origin=row.origin,
    )
    return _changed(row, quote=asked)


def _project(owner: User, *, project: str, **declaration: Any) -> Project:
    """Her project of this name and declaration; declared now when there is none."""
    sorted_lists = {name: sorted(set(value)) if isinstance(value, list) else value for name, value in declaration.items()}
    known = Project.objects.filter(owner=owner, name=project, **sorted_lists).order_by("-created_at").first()
    return known or actions.declare(owner=owner, name=project, **declaration)
