"""Who shares a licence, as its page and the API show it: each seat with what was used on it, and whether one more may be given."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from uuid import UUID

from atelier.accounts.models import User
from licensing.judge import Action
from licensing.verdict import Verdict

from . import seats
from .holdings import Run, runs
from .models import Licence, Seat
from .queries import judge
from .states import SeatState


@dataclass(frozen=True)
class Used:
    """Training seconds: spent, and held for what is not over."""

    spent: int = 0
    held: int = 0


@dataclass(frozen=True)
class Place:
    """`email`: for the holder, who wrote to it, and for whoever has the seat; nothing for others, who know her by an opaque id."""

    seat: Seat
    email: str
    used: Used
    may_end: bool

    @property
    def taken(self) -> bool:
        return self.seat.state == SeatState.TAKEN

    @property
    def whose(self) -> str:
        return self.email or (self.seat.person or self.seat).public_id


class Sharing:
    """As one person sees it. What others trained stays theirs: whoever shares a licence sees her own runs; its holder and its studio see
    how much each used."""

    def __init__(self, licence: Licence, reader: User) -> None:
        self.licence, self.reader = licence, reader
        self.holds = licence.holder_id == reader.pk

    @cached_property
    def mine(self) -> Seat | None:
        """The seat that the reader has."""
        return Seat.objects.filter(licence=self.licence, person=self.reader, state=SeatState.TAKEN).first()

    @cached_property
    def runs(self) -> list[Run]:
        every = runs(self.licence)
        return [run for run in every if run.by == self.reader.pk] if self.mine else every

    @cached_property
    def places(self) -> list[Place]:
        """Seats taken and on offer, in the order in which they were given. Whoever has one sees her own alone."""
        rows = seats.live(self.licence).select_related("licence", "person").order_by("pk")
        used = used_by_each(runs(self.licence))
        shown = rows.filter(pk=self.mine.pk) if self.mine else rows
        return [Place(row, self._email(row), used[row.person_id], seats.may_end(row, self.reader)) for row in shown]

    @cached_property
    def of_holder(self) -> Used:
        return used_by_each(runs(self.licence))[self.licence.holder_id]

    @cached_property
    def more(self) -> Verdict:
        """Whether the holder may give one more."""
        return judge(self.licence, Action.INVITE, self.licence.holder)

    @property
    def granted(self) -> int:
        return self.licence.terms.seats

    @cached_property
    def gone(self) -> int:
        return seats.gone(self.licence)

    def _email(self, seat: Seat) -> str:
        return seat.email if self.holds or seat.person_id == self.reader.pk else ""


def used_by_each(every: Iterable[Run]) -> dict[UUID | None, Used]:
    found: dict[UUID | None, Used] = defaultdict(Used)
    for run in every:
        before = found[run.by]
        found[run.by] = Used(before.spent + run.spent, before.held + run.held)
    return found
