"""The licence that a dataset is meant for, where its owner names one: then the judge is asked at each upload and at sealing, and not only
when a training is asked for. A dataset that names none is gathered as freely as before."""

from django.db import transaction
from django.db.models import QuerySet

from atelier.accounts.models import User
from atelier.kit.ids import not_found
from atelier.kit.language import tongue
from atelier.licences.models import Licence
from atelier.licences.queries import against, judge, permit
from atelier.licences.states import LicenceState
from licensing.judge import Action

from .models import Dataset
from .states import LIVE, AssetState
from .verbs import changeable, note


def choice(person: User, named_by: Dataset | None = None) -> QuerySet[Licence]:
    """Those under which she may train, the newest first; among them the one that the dataset names, whatever became of it."""
    hers = Licence.objects.filter(Licence.usable_by(person), state=LicenceState.ACTIVE).select_related("revision__tier")
    found = {row.pk for row in hers if row.terms.may_train}
    if named_by and named_by.licence_id:
        found.add(named_by.licence_id)
    return Licence.objects.filter(pk__in=found).select_related("revision__tier__offering").order_by("-granted_at")


@transaction.atomic
def mean(*, dataset: Dataset, licence: Licence | None) -> Dataset:
    """Names it, or another, or none any more, until the dataset is sealed. Refused where the licence does not take what is in it."""
    row = changeable(dataset)
    if licence is not None:
        if not Licence.objects.filter(Licence.usable_by(row.owner), pk=licence.pk).exists():
            raise not_found()
        permit(licence, Action.UPLOAD, row.owner, clips=_clips(row))
    if row.licence != licence:
        row.licence = licence
        row.save(update_fields=["licence"])
        note(row, "material.mean", row.public_id, licence=licence.public_id if licence else "")
    dataset.licence = licence
    return row


def permit_upload(row: Dataset) -> None:
    """Of one more."""
    if row.licence is not None:
        permit(row.licence, Action.UPLOAD, row.owner, clips=_clips(row) + 1)


def permit_seal(row: Dataset) -> None:
    if row.licence is not None:
        permit(row.licence, Action.SEAL, row.owner, (row.pk,), clips=_ready(row))


def against_upload(row: Dataset) -> tuple[str, str] | None:
    """Why not one more, and what to do, in the reader's language; None where the judge says yes."""
    return against(judge(row.licence, Action.UPLOAD, row.owner, clips=_clips(row) + 1), tongue()) if row.licence else None


def against_seal(row: Dataset) -> tuple[str, str] | None:
    return against(judge(row.licence, Action.SEAL, row.owner, (row.pk,), clips=_ready(row)), tongue()) if row.licence else None


def _clips(row: Dataset) -> int:
    return row.assets.filter(state__in=LIVE).count()


def _ready(row: Dataset) -> int:
    return row.assets.filter(state=AssetState.READY).count()
