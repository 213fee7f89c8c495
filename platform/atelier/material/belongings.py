"""A person's datasets: told with captions and file list, and withdrawn when she closes her account."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import erases, exports, facts
from atelier.accounts.models import User

from . import actions
from .models import Dataset
from .states import AssetState, DatasetState

SHAPE = ("kind", "width", "height", "frames", "fps", "duration", "bytes", "sha256")


@exports("datasets")
def datasets(person: User) -> Iterator[dict[str, Any]]:
    for row in Dataset.objects.filter(owner=person).prefetch_related("assets").order_by("pk"):
        files = [
            facts(asset, "name", "caption", "state", "problem_sentence", *SHAPE)
            for asset in row.assets.all()
            if asset.state != AssetState.REMOVED
        ]
        yield {**facts(row, "name", "state", "attested_at", "attested_text", "sealed_at", "root"), "files": files}


@erases
def withdraw(person: User) -> None:
    for row in Dataset.objects.filter(owner=person).exclude(state=DatasetState.WITHDRAWN):
        actions.withdraw(dataset=row)
