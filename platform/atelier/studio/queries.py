"""Who made what with which title: uses of a studio's base models, read from trainings, downloads and licences.

One use is one row: a training, a download of a custom model, or the download of the base itself. The three are asked separately and
joined by UNION ALL, so that the same filters hold for rows, totals, chart and export. Nothing here names a clip, a caption, or what a
creator called her work; people appear by opaque id only.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    Count,
    F,
    JSONField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    UUIDField,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, JSONObject, TruncDay, TruncMonth, TruncWeek

from atelier.accounts.models import Studio
from atelier.catalog.models import TierRevision, Title
from atelier.kit import ids
from atelier.library.models import CustomModel, Handover
from atelier.library.states import HandoverState
from atelier.licences.models import Licence
from atelier.trainings.models import Training

TRAINING, DOWNLOAD, BASE = "training", "download", "base_download"
KINDS = (TRAINING, DOWNLOAD, BASE)
TAKEN = "taken"
SORTS = ("at", "kind", "who", "called", "status", "seconds")
FIELDS = ("row", "kind", "at", "who", "under", "sold", "called", "status", "seconds", "made", "declared")
STEPS = {"day": TruncDay, "week": TruncWeek, "month": TruncMonth}
UNDER_A_LICENCE = {
    "row": F("pk"),
    "at": F("created_at"),
    "under": F("licence_id"),
    "sold": F("licence__revision_id"),
    "called": F("licence__revision__tier__name"),
}
PREFIX = {TRAINING: "trn", DOWNLOAD: "hnd", BASE: "lic"}


@dataclass(frozen=True)
class Asked:
    """What the reader asked for. `since` and `until` are days (UTC), both included."""

    since: date | None = None
    until: date | None = None
    tier: UUID | None = None
    title: UUID | None = None
    who: UUID | None = None
    kind: str = ""
    state: str = ""
    sort: str = "-at"

    def within(self, moment: str) -> Q:
        found = Q()
        if self.since:
            found &= Q(**{f"{moment}__gte": midnight(self.since)})
        if self.until:
            found &= Q(**{f"{moment}__lt": midnight(self.until + timedelta(days=1))})
        return found


@dataclass(frozen=True)
class Ware:
    """A sold tier revision, with what it is about."""

    tier: UUID
    tier_name: str
    revision: int
    offering: str
    titles: tuple[Title, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Use:
    id: str
    kind: str
    at: datetime
    who: str
    licence: str
    ware: Ware
    state: str
    seconds: int
    model: str
    declared: dict[str, Any]


@dataclass(frozen=True)
class Totals:
    uses: int
    seconds: int
    creators: int
    models: int


class Uses:
    """A studio's uses, narrowed by what was asked."""

    def __init__(self, studio: Studio, asked: Asked) -> None:
        self.studio, self.asked = studio, asked

    @property
    def rows(self) -> QuerySet[Any, dict[str, Any]]:
        first, *rest = [part.values(*FIELDS) for part in self._parts()]
        joined = first.union(*rest, all=True) if rest else first
        return joined.order_by(self.asked.sort, "-at", "row")

    def __iter__(self) -> Iterator[Use]:
        return map(self.shown, self.rows.iterator(chunk_size=2000))

    def shown(self, row: dict[str, Any]) -> Use:
        return Use(
            id=ids.public(PREFIX[row["kind"]], row["row"]),
            kind=row["kind"],
            at=row["at"],
            who=ids.public("usr", row["who"]),
            licence=ids.public("lic", row["under"]),
            ware=self.wares[row["sold"]],
            state=row["status"],
            seconds=row["seconds"],
            model=ids.public("mdl", row["made"]) if row["made"] else "",
            declared=row["declared"] or {},
        )

    @cached_property
    def wares(self) -> dict[UUID, Ware]:
        """Every revision that the studio has ever put up."""
        rows = TierRevision.objects.filter(tier__offering__studio=self.studio)
        rows = rows.select_related("tier__offering__version", "tier__offering__adapter")
        titles = ("tier__offering__version__titles", "tier__offering__adapter__titles")
        return {row.pk: _ware(row) for row in rows.prefetch_related(*titles)}

    def totals(self) -> Totals:
        sums = [part.aggregate(n=Count("row"), s=Coalesce(Sum("seconds"), 0)) for part in self._parts()]
        people = [part.order_by().values("who") for part in self._parts()]
        trained: Any = (
            self._narrowed(self._trainings()).values("row") if self.asked.kind in ("", TRAINING) else Training.objects.none().values("pk")
        )
        return Totals(
            uses=sum(each["n"] for each in sums),
            seconds=sum(each["s"] for each in sums),
            creators=people[0].union(*people[1:]).count() if people[1:] else people[0].distinct().count(),
            models=CustomModel.objects.filter(training__in=trained).count(),
        )

    def drawn(self, step: str, measure: str) -> dict[tuple[date, UUID], int]:
        """First day of the day, week or month, and tier -> how many uses, or training seconds."""
        amount = Count("row") if measure == "uses" else Coalesce(Sum("seconds"), 0)
        found: dict[tuple[date, UUID], int] = {}
        for part in self._parts():
            for row in part.annotate(bucket=STEPS[step]("at")).order_by().values("bucket", "sold").annotate(amount=amount):
                key = (row["bucket"].date(), self.wares[row["sold"]].tier)
                found[key] = found.get(key, 0) + row["amount"]
        return found

    def days(self) -> tuple[date, date] | None:
        """The first and the last day with a use."""
        seen = [row["at"] for part in self._parts() for end in ("at", "-at") for row in part.order_by(end).values("at")[:1]]
        return (min(seen).date(), max(seen).date()) if seen else None

    def _parts(self) -> list[QuerySet[Any]]:
        """The sources that were asked for, each with the columns FIELDS."""
        sources = {TRAINING: self._trainings, DOWNLOAD: self._downloads, BASE: self._bases}
        return [self._narrowed(source()) for kind, source in sources.items() if self.asked.kind in ("", kind)]

    def _narrowed(self, part: QuerySet[Any]) -> QuerySet[Any]:
        asked = self.asked
        wanted = asked.within("at")
        wanted &= Q(who=asked.who) if asked.who else Q()
        wanted &= Q(status=asked.state) if asked.state else Q()
        wanted &= Q(sold__in=self._sold()) if asked.tier or asked.title else Q()
        return part.filter(wanted)

    def _sold(self) -> list[UUID]:
        tier, title = self.asked.tier, self.asked.title
        fits = lambda ware: tier in (None, ware.tier) and (title is None or any(each.pk == title for each in ware.titles))  # noqa: E731
        return [pk for pk, ware in self.wares.items() if fits(ware)]

    def _trainings(self) -> QuerySet[Any]:
        made = CustomModel.objects.filter(training=OuterRef("pk")).values("pk")[:1]
        use = {name: F(f"quote__project__{name}") for name in ("stage", "media", "territories", "commercial")}
        return Training.objects.filter(licence__studio=self.studio).annotate(
            **UNDER_A_LICENCE,
            kind=_text(TRAINING),
            who=F("owner_id"),
            status=Cast("state", CharField()),
            seconds=Cast("captured", BigIntegerField()),
            made=Subquery(made, output_field=UUIDField()),
            declared=JSONObject(**use),
        )

    def _downloads(self) -> QuerySet[Any]:
        how = Case(
            When(outcome=None, then=_text(HandoverState.PREPARING)),
            When(outcome__code="", then=_text(HandoverState.READY)),
            default=_text(HandoverState.FAILED),
        )
        return Handover.objects.filter(licence__studio=self.studio, adapter=None).annotate(
            **UNDER_A_LICENCE,
            kind=_text(DOWNLOAD),
            who=F("person_id"),
            status=how,
            seconds=Value(0, BigIntegerField()),
            made=F("artifact__model_id"),
            declared=F("use"),
        )

    def _bases(self) -> QuerySet[Any]:
        """The first download of the base under each licence; the log has every one."""
        return Licence.objects.filter(studio=self.studio, base_taken_at__isnull=False).annotate(
            row=F("pk"),
            kind=_text(BASE),
            at=F("base_taken_at"),
            who=F("holder_id"),
            under=F("pk"),
            sold=F("revision_id"),
            called=F("revision__tier__name"),
            status=_text(TAKEN),
            seconds=Value(0, BigIntegerField()),
            made=Cast(Value(None), UUIDField()),
            declared=Cast(Value(None), JSONField()),
        )


def _text(word: str) -> Cast:
    return Cast(Value(str(word)), CharField())


def _ware(row: TierRevision) -> Ware:
    offering = row.tier.offering
    return Ware(row.tier_id, row.tier.name, row.number, offering.name, tuple(offering.titles))


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
