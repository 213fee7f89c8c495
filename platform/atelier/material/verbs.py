"""What every verb on material begins and ends with: its dataset locked, so that nothing slips in while it is being sealed; its entry."""

from collections.abc import Iterable
from typing import Any

from atelier.audit.actions import record
from atelier.kit.refused import Refused

from .models import Asset, Dataset
from .states import DatasetState

# Names shown in a refusal; the rest are counted.
NAMES_SHOWN = 20


def changeable(dataset: Dataset) -> Dataset:
    """The dataset, locked, if it is open."""
    row = Dataset.objects.select_for_update(no_key=True).get(pk=dataset.pk)
    if row.state != DatasetState.OPEN:
        raise Refused("DATASET_CLOSED", "This dataset is sealed or withdrawn: nothing in it changes any more. Open a new one.")
    return row


def locked(asset: Asset) -> Asset:
    """The asset as it is now, its open dataset locked."""
    dataset = changeable(asset.dataset)
    row = Asset.objects.select_for_update(no_key=True).get(pk=asset.pk)
    row.dataset = dataset
    return row


def note(dataset: Dataset, action: str, subject: str, /, **detail: Any) -> None:
    record(action=action, subject=subject, studio=None, actor=dataset.owner_id, **detail)


def few(names: Iterable[str]) -> str:
    listed = [f"“{name}”" for name in names]
    rest = len(listed) - NAMES_SHOWN
    return ", ".join(listed[:NAMES_SHOWN]) + (f" (+ {rest})" if rest > 0 else "")
