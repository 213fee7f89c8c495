"""What happens to licences, and to the training seconds that come with them.

Seconds move ISSUED -> ALLOWANCE (grant), ALLOWANCE -> HELD (reserve), HELD -> SPENT (capture), HELD -> ALLOWANCE (release),
SPENT -> ALLOWANCE (reverse, when a failure was ours). HELD and SPENT belong to one training.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from atelier.accounts.models import User
from atelier.audit.actions import record
from atelier.catalog.models import TierRevision
from atelier.kit import outbox, store
from atelier.kit.refused import Refused
from atelier.ledger.actions import Move, account, post
from atelier.ledger.models import Account, Kind, Unit
from licensing.judge import Action

from . import payments, revocations
from .models import Licence
from .queries import database_now, permit
from .states import LICENCE, LicenceState

# Why a payment suspended or ended a licence.
DISPUTED, REFUND_ASKED, REFUNDED, DISPUTE_LOST = "payment disputed", "refund asked", "refunded", "dispute lost"
PAYMENT_REASONS = (DISPUTED, REFUND_ASKED)


@dataclass(frozen=True)
class BaseLink:
    """A signed link to one file of a base model."""

    path: str
    url: str
    sha256: str
    bytes: int


@transaction.atomic
def grant(*, holder: User, revision: TierRevision, source: str, accepted_text: str) -> Licence:
    """Grants the licence that `source` paid for; the same source again returns the same licence."""
    now, terms = database_now(), revision.terms
    try:
        with transaction.atomic():
            licence = Licence.objects.create(
                holder=holder,
                studio=revision.tier.offering.studio,
                revision=revision,
                source=source,
                accepted_text=accepted_text,
                granted_at=now,
                expires_at=None if terms.period_days is None else now + timedelta(days=terms.period_days),
            )
    except IntegrityError:
        return Licence.objects.get(source=source)
    if terms.training_seconds:
        move = Move(account(Kind.ISSUED, Unit.SECONDS, revision.tier.offering.studio_id), _allowance(licence), terms.training_seconds)
        post(kind="licence.grant", key=f"grant:{licence.id}", subject=licence.public_id, moves=[move])
    note(
        licence,
        "licence.grant",
        licence.public_id,
        holder.id,
        tier=revision.tier.public_id,
        revision=revision.number,
        terms=revision.terms_id,
    )
    outbox.post("licences.tell_granted", licence=str(licence.id))
    return licence


def locked(licence: Licence) -> Licence:
    """The licence as it is now, kept so until this transaction ends: whoever uses it and whoever takes it back come one after the other,
    and so do two who give or take its last seat."""
    return Licence.objects.select_for_update(no_key=True).get(pk=licence.pk)


@transaction.atomic
def suspend(*, licence: Licence, reason: str, by: UUID | None = None) -> None:
    LICENCE.move(licence, LicenceState.SUSPENDED, reason=reason)
    revocations.renew()
    note(licence, "licence.suspend", licence.public_id, by, reason=reason)


@transaction.atomic
def restore(*, licence: Licence, reason: str, by: UUID | None = None) -> None:
    """Ends a suspension. One that a payment made only the payment ends (`stand`), and one of its studio's own the studio, once no bank
    questions the payment: Refused("payment_open")."""
    if by is not None:
        _require_settled(locked(licence))
    LICENCE.move(licence, LicenceState.ACTIVE, reason="")
    revocations.renew()
    note(licence, "licence.restore", licence.public_id, by, reason=reason)


def _require_settled(licence: Licence) -> None:
    if licence.state != LicenceState.SUSPENDED:
        return
    if licence.reason in PAYMENT_REASONS:
        raise Refused("payment_open", "The payment of this licence is in question; it comes back by itself once that is settled.")
    if payments.in_question(licence):
        raise Refused("payment_open", "The payment of this licence is in question. You can restore it once that is settled.")


@transaction.atomic
def revoke(*, licence: Licence, reason: str, by: UUID | None = None) -> None:
    """Final. Running trainings notice at their next heartbeat, waiting and paused ones at the next sweep, downloads at the next request."""
    LICENCE.move(licence, LicenceState.REVOKED, reason=reason)
    revocations.renew()
    note(licence, "licence.revoke", licence.public_id, by, reason=reason)


@transaction.atomic
def stand(*, licence: Licence, suspended: str = "", revoked: str = "") -> None:
    """Puts the licence where its payment puts it: revoked or suspended for this reason, or active.

    Safe to repeat. Takes nothing back that a studio has decided: what it suspended stays so, and what is revoked stays revoked.
    """
    licence = locked(licence)
    if licence.state == LicenceState.REVOKED:
        return
    if revoked:
        revoke(licence=licence, reason=revoked)
    elif suspended and licence.state == LicenceState.ACTIVE:
        suspend(licence=licence, reason=suspended)
    elif not suspended and licence.reason in PAYMENT_REASONS:
        restore(licence=licence, reason="payment settled")


@transaction.atomic
def hand_base(*, licence: Licence, by: User) -> list[BaseLink]:
    """Links to the files of the base model, for a holder whose licence grants them. Each lives five minutes; the handing over is noted.
    The house adapter that it wears is handed over as a copy of her own (library.actions.hand_adapter)."""
    if licence.holder_id != by.id:
        raise Refused("holder_only", "Only the holder of the licence can download the base model.", status=403)
    licence = locked(licence)
    permit(licence, Action.DOWNLOAD_BASE, by)
    offering = licence.revision.tier.offering
    files = list(offering.version.files.all())
    if not files:
        raise Refused("no_files", "This base model has no files.")
    store.require(store.MODELS, files[0].key)
    Licence.objects.filter(pk=licence.pk, base_taken_at=None).update(base_taken_at=Now())
    note(licence, "licence.base_download", licence.public_id, by.id, files=len(files))
    return [BaseLink(file.path, store.link(store.MODELS, file.key, Path(file.path).name), file.sha256, file.bytes) for file in files]


def reserve(*, licence: Licence, training: UUID, seconds: int) -> None:
    """Puts seconds on hold for a training. Raises Refused("ALLOWANCE_SPENT") when the licence has fewer left."""
    try:
        _shift("reserve", training, f"reserve:{training}", _allowance(licence), _held(training), seconds)
    except Refused as short:
        raise Refused(
            "ALLOWANCE_SPENT", "This licence has too few training seconds left for this run. Choose fewer steps.", clause="training_seconds"
        ) from short


def capture(*, training: UUID, seconds: int, key: str) -> None:
    """Turns held seconds into spent ones, once per key."""
    _shift("capture", training, f"capture:{training}:{key}", _held(training), _spent(training), seconds)


def release(*, licence: Licence, training: UUID) -> int:
    """Gives back what is still on hold. Returns the seconds."""
    return _give_back("release", licence, training, _held(training))


def reverse(*, licence: Licence, training: UUID) -> int:
    """Gives back what was captured: the failure was ours. Returns the seconds."""
    return _give_back("reverse", licence, training, _spent(training))


def _give_back(kind: str, licence: Licence, training: UUID, source: Account) -> int:
    seconds = Account.objects.select_for_update().get(pk=source.pk).balance
    _shift(kind, training, f"{kind}:{training}", source, _allowance(licence), seconds)
    return seconds


def _shift(kind: str, training: UUID, key: str, source: Account, target: Account, seconds: int) -> None:
    if seconds:
        post(kind=f"training.{kind}", key=key, subject=f"trn_{training.hex}", moves=[Move(source, target, seconds)])


def _allowance(licence: Licence) -> Account:
    return account(Kind.ALLOWANCE, Unit.SECONDS, licence.id)


def _held(training: UUID) -> Account:
    return account(Kind.HELD, Unit.SECONDS, training)


def _spent(training: UUID) -> Account:
    return account(Kind.SPENT, Unit.SECONDS, training)


def note(licence: Licence, action: str, subject: str, by: UUID | None, **detail: object) -> None:
    """The audit entry of a deed under this licence, in its studio's log, with the titles that base and house adapter learned from."""
    titles = sorted(title.public_id for title in licence.revision.tier.offering.titles)
    record(
        action=action,
        subject=subject,
        studio=licence.studio_id,
        actor=by,
        licence=licence.public_id,
        titles=titles,
        **detail,
    )
