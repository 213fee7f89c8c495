"""What a licence allows now: facts from the rows, the verdict from `licensing`, never decided here."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Sum

from atelier.accounts.access import STUDIO_WRITERS
from atelier.accounts.models import Membership, User
from atelier.catalog import clearing
from atelier.kit.refused import Refused
from atelier.ledger.models import Account, Kind, Unit
from atelier.ledger.queries import balance
from licensing.judge import Action, Context, Use, decide
from licensing.verdict import Verdict

from . import consents, lineage, seats
from .models import Licence
from .states import LicenceState


def database_now() -> datetime:
    """The database's clock: the only one that rules are asked with."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
        return now


def seconds_left(licence: Licence) -> int:
    return balance(Kind.ALLOWANCE, Unit.SECONDS, licence.id)


@dataclass(frozen=True)
class Seconds:
    """Where a licence's training seconds are: free, on hold for trainings that run, spent by trainings."""

    granted: int
    left: int
    held: int
    spent: int


def seconds(licence: Licence) -> Seconds:
    """Trainings own what they hold and spend; those of this licence are the ones that drew on its allowance."""
    allowance = Account.objects.filter(kind=Kind.ALLOWANCE, unit=Unit.SECONDS, owner=licence.id)
    drawn = Account.objects.filter(kind=Kind.HELD, unit=Unit.SECONDS, postings__transaction__postings__account__in=allowance)
    trainings = set(drawn.values_list("owner", flat=True))
    sums = dict(
        Account.objects.filter(kind__in=(Kind.HELD, Kind.SPENT), unit=Unit.SECONDS, owner__in=trainings)
        .values_list("kind")
        .annotate(total=Sum("balance"))
    )
    left, held, spent = seconds_left(licence), sums.get(Kind.HELD, 0), sums.get(Kind.SPENT, 0)
    return Seconds(granted=left + held + spent, left=left, held=held, spent=spent)


def untouched(licence: Licence) -> bool:
    """Whether nothing of it was used yet: no training second held or spent, the base model not downloaded."""
    return licence.base_taken_at is None and seconds_left(licence) == licence.terms.training_seconds


def facts(licence: Licence, actor: User | None, made_of: Iterable[UUID] = (), fallen: bool | None = None) -> Context:
    """What every question about this licence has in common. `made_of`: rows beside it that the matter stands on, a dataset or a model.
    `fallen`: whether the licence itself stands on something withdrawn, where the caller has looked already.
    """
    offering = licence.revision.tier.offering
    return Context(
        licence_state=_standing(licence),
        granted_at=licence.granted_at,
        expires_at=licence.expires_at,
        licensee=str(licence.holder_id),
        actor=str(actor.id if actor else licence.holder_id),
        seated=actor is None or seats.may_use(licence, actor),
        allowance_left=seconds_left(licence),
        titles=tuple(title.name for title in offering.titles),
        base_digest=offering.digest,
        consent=consents.of(list(made_of)),
        lineage_withdrawn=lineage.withdrawn([*lineage.below(licence), *made_of]) if fallen is None else fallen,
        uncleared=clearing.uncleared(list(made_of)),
    )


def _standing(licence: Licence) -> str:
    """One that a studio gave its own people is on hold while its holder does not act for the studio."""
    if not licence.revision.tier.offering.in_house or licence.state != LicenceState.ACTIVE:
        return licence.state
    acts = Membership.objects.filter(studio=licence.studio_id, user=licence.holder_id, role__in=STUDIO_WRITERS).exists()
    return LicenceState.ACTIVE if acts else LicenceState.SUSPENDED


def judge(licence: Licence, action: Action, actor: User | None = None, made_of: Iterable[UUID] = (), **context: Any) -> Verdict:
    """The verdict on `action` under this licence, now. `context` adds the facts that the action is judged by (use, rank, clips …)."""
    return decided(licence, action, database_now(), actor, made_of, **context)


def decided(
    licence: Licence,
    action: Action,
    at: datetime,
    actor: User | None = None,
    made_of: Iterable[UUID] = (),
    fallen: bool | None = None,
    **context: Any,
) -> Verdict:
    """The same at a time that the caller has read from the database. The one place that asks the judge."""
    asked = {"seats_taken": seats.gone(licence), **context} if action == Action.INVITE else context
    return decide(licence.terms, action, replace(facts(licence, actor, made_of, fallen), **asked), at)


def permit(licence: Licence, action: Action, actor: User | None = None, made_of: Iterable[UUID] = (), **context: Any) -> None:
    """Raises Refused with the verdict's code, sentence and clause when the answer is no."""
    verdict = judge(licence, action, actor, made_of, **context)
    if not verdict.ok:
        raise refusal(verdict)


def refusal(verdict: Verdict) -> Refused:
    return Refused(verdict.code, verdict.sentence, told_in=verdict.say, clause=verdict.clause)


def against(verdict: Verdict, language: str) -> tuple[str, str] | None:
    """Why not, and what to do about it, as a page says it; None where the judge says yes."""
    return None if verdict.ok else (verdict.say(language), verdict.next_step(language))


def declared(stage: str, media: list[str], territories: list[str], commercial: bool) -> Use:
    return Use(stage=stage, media=tuple(media), territories=tuple(territories), commercial=commercial)
