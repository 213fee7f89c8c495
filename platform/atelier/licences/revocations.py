"""The signed list of what was taken back. It follows from the rows: licences that are not active, withdrawn tensors, and copies that a
takedown reached."""

from datetime import timedelta

from django.db import connection, transaction

from atelier.kit import outbox
from licensing.revocations import Revocations, open_revocations, read

from . import lineage, signing
from .models import Licence, RevocationList, RevokedModel
from .queries import database_now
from .states import LicenceState

# Older than this the list says nothing any more: it bounds what somebody gains who hides newer ones.
MAX_AGE = timedelta(days=7)
# Long before that there is another, even when nothing has changed.
RENEWED_AFTER = timedelta(hours=20)
Revoked = dict[str, tuple[str, ...]]


def renew() -> None:
    """Has a new list made as soon as the caller's transaction is through."""
    outbox.post("licences.publish_revocations")


def withdraw_models(tensors: list[str]) -> None:
    """Puts tensor digests on the list, for ever."""
    RevokedModel.objects.bulk_create([RevokedModel(tensors=digest) for digest in tensors], ignore_conflicts=True)
    renew()


def current() -> RevocationList:
    """The newest list; where there is none, or it is getting old, a new one."""
    newest = RevocationList.objects.order_by("-serial").first()
    return publish() if newest is None or _old(newest) else newest


@transaction.atomic
def publish() -> RevocationList:
    """Signs what is revoked now, unless the newest list says just that. One list at a time: none forgets what another had."""
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE licences_revocationlist IN SHARE ROW EXCLUSIVE MODE")
    newest = RevocationList.objects.order_by("-serial").first()
    revoked = _revoked()
    if newest is not None and not _old(newest) and _said(newest) == revoked:
        return newest
    keys, now = signing.keys(), database_now()
    listed = Revocations(
        serial=newest.serial + 1 if newest else 1,
        issued_at=now,
        max_age_seconds=int(MAX_AGE.total_seconds()),
        **revoked,
    )
    document = listed.sign(keys.signer, keys.keys).to_bytes().decode()
    return RevocationList.objects.create(serial=listed.serial, issued_at=now, document=document)


def _revoked() -> Revoked:
    taken_back = Licence.objects.exclude(state=LicenceState.ACTIVE).only("id")
    return {
        "licences": tuple(sorted(row.public_id for row in taken_back)),
        "certificates": lineage.certificates(),
        "models": tuple(sorted(RevokedModel.objects.values_list("tensors", flat=True))),
    }


def _said(row: RevocationList) -> Revoked | None:
    """What that list names; None where it was signed with other keys than today's, so that a new one is due."""
    keys, sealed = signing.keys(), read(row.document.encode())
    if sealed.keys != keys.keys:
        return None
    listed = open_revocations(sealed, keys.root.key_list(keys.keys))
    return {"licences": listed.licences, "certificates": listed.certificates, "models": listed.models}


def _old(row: RevocationList) -> bool:
    return database_now() - row.issued_at > RENEWED_AFTER
