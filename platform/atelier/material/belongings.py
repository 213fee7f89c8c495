"""A person's datasets and the consents that she recorded: told whole, and withdrawn when she closes her account."""

from collections.abc import Iterator
from typing import Any

from atelier.accounts.belongings import erases, exports, facts
from atelier.accounts.models import User
from atelier.kit import outbox

from . import actions, consents
from .models import Consent, Dataset
from .states import AssetState, DatasetState

# In the place of a fact that has to be there.
GONE = "–"
SHAPE = ("kind", "width", "height", "frames", "fps", "duration", "bytes", "sha256")


@exports("datasets")
def datasets(person: User) -> Iterator[dict[str, Any]]:
    for row in Dataset.objects.filter(owner=person).select_related("studio").prefetch_related("assets__title").order_by("pk"):
        files = [
            facts(asset, "name", "caption", "title", "state", "problem_sentence", *SHAPE)
            for asset in row.assets.all()
            if asset.state != AssetState.REMOVED
        ]
        yield {**facts(row, "name", "studio", "state", "licence", "attested_at", "attested_text", "sealed_at", "root"), "files": files}


@exports("consents")
def consents_recorded(person: User) -> Iterator[dict[str, Any]]:
    about = ("dataset", "performer", *consents.GIVEN, "withdrawn_at", "paper_name", "paper_sha256")
    for row in Consent.objects.filter(dataset__owner=person).select_related("dataset").prefetch_related("questions__asset").order_by("pk"):
        yield {**facts(row, *about), "answers": [question.asset.name for question in row.questions.all()]}


@erases
def forget_consents(person: User) -> None:
    """Whose they were, and the papers. That there were some stays: models may have been made under them."""
    for row in Consent.objects.filter(dataset__owner=person):
        consents.withdraw_consent(consent=row)
        if row.paper_key:
            outbox.post("material.discard", quarantine="", upload="", material=[row.paper_key])
    told = {"performer": "", "uses": "", "evidence": GONE, "estate": GONE, "paper_name": ""}
    Consent.objects.filter(dataset__owner=person).update(**told)


@erases
def withdraw(person: User) -> None:
    for row in Dataset.objects.filter(owner=person).exclude(state=DatasetState.WITHDRAWN):
        actions.withdraw(dataset=row)
