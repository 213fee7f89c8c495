"""Licences as their holder reads them: where each stands, what is left of it, and what can be done with it next."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from uuid import UUID

from django.db.models import F, QuerySet, Sum

from atelier.accounts.models import User
from atelier.audit.models import Entry
from atelier.catalog.poster import Poster, poster
from atelier.ledger.models import Account, Kind, Posting, Unit
from licensing.judge import Action
from licensing.verdict import Verdict

from . import lineage
from .models import Licence
from .queries import Seconds, database_now, decided
from .states import LicenceState

ENDS_SOON = timedelta(days=30)
SHOWN = ("studio", "holder", "revision__tier__offering__version__base__studio")
STATE_ACTIONS = ("licence.suspend", "licence.restore", "licence.revoke")


class Phase(StrEnum):
    ACTIVE = "active"
    ENDS_SOON = "ends_soon"
    EXPIRED = "expired"
    SUSPENDED = "suspended"
    REVOKED = "revoked"


@dataclass(frozen=True)
class Meter:
    """Parts of a whole, as a drawing of a thousand units: where `used` ends, and where `held` does after it."""

    used: int
    held: int
    whole: int

    @property
    def used_width(self) -> int:
        return self._share(self.used)

    @property
    def held_width(self) -> int:
        return self._share(self.used + self.held) - self.used_width

    def _share(self, part: int) -> int:
        """A part that is not nothing is seen."""
        return max(min(part * 1000 // self.whole, 1000), 12 if part else 0) if self.whole > 0 else 0


@dataclass(frozen=True)
class Holding:
    licence: Licence
    seconds: Seconds
    now: datetime
    fallen: bool

    @property
    def phase(self) -> Phase:
        licence = self.licence
        if licence.state != LicenceState.ACTIVE:
            return Phase(licence.state)
        if licence.expires_at is None:
            return Phase.ACTIVE
        if self.now >= licence.expires_at:
            return Phase.EXPIRED
        return Phase.ENDS_SOON if licence.expires_at - self.now <= ENDS_SOON else Phase.ACTIVE

    @property
    def working(self) -> bool:
        return self.phase in (Phase.ACTIVE, Phase.ENDS_SOON)

    @property
    def training_meter(self) -> Meter:
        return Meter(self.seconds.spent, self.seconds.held, self.seconds.granted)

    @property
    def days_left(self) -> int | None:
        """Days begun count; nothing for a licence without end."""
        end = self.licence.expires_at
        return None if end is None else max(0, -((self.now - end) // timedelta(days=1)))

    @property
    def time_meter(self) -> Meter | None:
        end, begun = self.licence.expires_at, self.licence.granted_at
        if end is None:
            return None
        return Meter(round((min(self.now, end) - begun).total_seconds()), 0, round((end - begun).total_seconds()))

    @cached_property
    def training(self) -> Verdict:
        """Whether a training could go on under it now; what a single run asks for is judged with its quote."""
        return decided(self.licence, Action.HEARTBEAT, self.now, fallen=self.fallen)

    @cached_property
    def base_download(self) -> Verdict:
        return decided(self.licence, Action.DOWNLOAD_BASE, self.now, fallen=self.fallen)

    @property
    def spent(self) -> bool:
        return self.licence.terms.may_train and self.seconds.left == 0

    @property
    def poster(self) -> Poster:
        return poster(self.licence.revision.tier.offering.digest)

    @property
    def order(self) -> str:
        """The public id of the order that paid for it; nothing for a licence that was given."""
        return self.licence.source if self.licence.source.startswith("ord_") else ""


def used_by(person: User) -> QuerySet[Licence]:
    """Her own and those shared with her, newest first. What a studio sees of its customers' licences is in its own room."""
    rows = Licence.objects.filter(Licence.usable_by(person)).select_related(*SHOWN)
    return rows.prefetch_related("revision__tier__offering__version__titles", "revision__tier__offering__adapter__titles").order_by(
        "-granted_at"
    )


def holdings(licences: Iterable[Licence]) -> list[Holding]:
    rows, now = list(licences), database_now()
    counted, fallen = seconds_of(rows), lineage.fallen(rows)
    return [Holding(licence, counted[licence.id], now, licence.pk in fallen) for licence in rows]


def seconds_of(licences: Sequence[Licence]) -> dict[UUID, Seconds]:
    """The same as `queries.seconds`, for many licences with as many questions as for one."""
    wanted = [licence.id for licence in licences]
    free = dict(Account.objects.filter(kind=Kind.ALLOWANCE, unit=Unit.SECONDS, owner__in=wanted).values_list("owner", "balance"))
    drawn = _drawn(wanted)
    runs = {run for runs in drawn.values() for run in runs}
    sums: dict[tuple[str, UUID], int] = defaultdict(int)
    for kind, owner, balance in _balances(runs):
        sums[kind, owner] = balance
    found = {}
    for owner in wanted:
        held, spent = (sum(sums[kind, run] for run in drawn[owner]) for kind in (Kind.HELD, Kind.SPENT))
        left = free.get(owner, 0)
        found[owner] = Seconds(granted=left + held + spent, left=left, held=held, spent=spent)
    return found


def _drawn(licences: Sequence[UUID]) -> dict[UUID, set[UUID]]:
    """Licence to the trainings that drew on its allowance."""
    pairs = Posting.objects.filter(
        account__kind=Kind.ALLOWANCE, account__owner__in=licences, transaction__postings__account__kind=Kind.HELD
    ).values_list("account__owner", "transaction__postings__account__owner")
    drawn: dict[UUID, set[UUID]] = defaultdict(set)
    for licence, training in pairs:
        if licence and training:
            drawn[licence].add(training)
    return drawn


def _balances(runs: set[UUID]) -> list[tuple[str, UUID, int]]:
    rows = Account.objects.filter(kind__in=(Kind.HELD, Kind.SPENT), unit=Unit.SECONDS, owner__in=runs)
    return [(kind, owner, balance) for kind, owner, balance in rows.values_list("kind", "owner", "balance") if owner]


@dataclass(frozen=True)
class Run:
    """What one training took from the allowance, in seconds: reserved at its start, of that held, spent and given back by now."""

    training: str
    by: UUID | None
    since: datetime
    reserved: int
    held: int
    spent: int

    @property
    def returned(self) -> int:
        return self.reserved - self.held - self.spent


def runs(licence: Licence) -> list[Run]:
    """The trainings that drew on its allowance, newest first."""
    reserved = (
        Posting.objects.filter(account__kind=Kind.ALLOWANCE, account__owner=licence.id, transaction__kind="training.reserve")
        .values(subject=F("transaction__subject"), at=F("transaction__created_at"))
        .annotate(seconds=Sum("amount"))
        .order_by("-at")
    )
    owners = {UUID(row["subject"].removeprefix("trn_")): row for row in reserved}
    started = dict(Entry.objects.filter(licence=licence.public_id, action="training.start").values_list("subject", "actor"))
    now: dict[tuple[str, UUID], int] = {(kind, owner): balance for kind, owner, balance in _balances(set(owners))}
    return [
        Run(
            row["subject"],
            started.get(row["subject"]),
            row["at"],
            row["seconds"],
            now.get((Kind.HELD, owner), 0),
            now.get((Kind.SPENT, owner), 0),
        )
        for owner, row in owners.items()
    ]


def changed_at(licence: Licence) -> datetime | None:
    """When it was last suspended, restored or revoked, as the log tells it."""
    last = Entry.objects.filter(licence=licence.public_id, action__in=STATE_ACTIONS).order_by("-id").first()
    return last.at if last else None
